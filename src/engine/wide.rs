//! What the month loop computes with: a register of the processor, a number for each of as many trials as fit.
//!
//! How many fit is found out when the program runs: eight with AVX-512, four with AVX2, two with SSE, one elsewhere. Every
//! trial gets exactly what a lone `f64` would: only `+ - * /` and comparisons, in the same order and never fused, so that
//! it has the same bits whatever goes beside it, on any processor.

use std::ops::{Add, Div, Mul, Sub};

use pulp::Simd;
use pulp::bytemuck::bytes_of;

use super::lanes::{LANES, Lanes};

/// A number for each trial that is computed at once. Aligned as [`Lanes`] are.
#[repr(align(64))]
#[derive(Clone, Copy, Debug)]
pub struct Wide<S: Simd> {
    simd: S,
    numbers: S::f64s,
}

/// A yes or no for each trial that is computed at once.
#[derive(Clone, Copy, Debug)]
pub struct Mask<S: Simd> {
    simd: S,
    flags: S::m64s,
}

/// Which of the trials in step are computed at once.
#[derive(Clone, Copy, Debug)]
pub struct Part<S: Simd> {
    simd: S,
    number: usize,
}

impl<S: Simd> Part<S> {
    /// All parts of the trials in step, one after another.
    pub fn all_of(simd: S) -> impl Iterator<Item = Self> {
        (0..LANES / S::F64_LANES).map(move |number| Part { simd, number })
    }

    /// Which part, so that a compiler sees that it is one of them: reading and writing need no check then.
    #[inline(always)]
    fn within(self) -> usize {
        self.number % (LANES / S::F64_LANES)
    }

    /// The same number in all.
    #[inline(always)]
    pub fn all(self, value: f64) -> Wide<S> {
        Wide { simd: self.simd, numbers: self.simd.splat_f64s(value) }
    }

    /// Zero in all.
    #[inline(always)]
    pub fn zero(self) -> Wide<S> {
        self.all(0.0)
    }

    /// The numbers of these trials.
    #[inline(always)]
    pub fn load(self, lanes: &Lanes) -> Wide<S> {
        Wide { simd: self.simd, numbers: S::as_simd_f64s(&lanes.0).0[self.within()] }
    }

    /// Puts the numbers of these trials where they belong.
    #[inline(always)]
    pub fn store(self, lanes: &mut Lanes, value: Wide<S>) {
        S::as_mut_simd_f64s(&mut lanes.0).0[self.within()] = value.numbers;
    }
}

impl<S: Simd> Wide<S> {
    /// The smaller of two; neither may be "not a number".
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        Wide { numbers: self.simd.min_f64s(self.numbers, other.numbers), ..self }
    }

    /// The larger of two; neither may be "not a number".
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        Wide { numbers: self.simd.max_f64s(self.numbers, other.numbers), ..self }
    }

    /// The same number in all.
    #[inline(always)]
    pub fn all(self, value: f64) -> Self {
        Wide { numbers: self.simd.splat_f64s(value), ..self }
    }

    /// Where it is above.
    #[inline(always)]
    pub fn above(self, other: Self) -> Mask<S> {
        Mask { simd: self.simd, flags: self.simd.less_than_f64s(other.numbers, self.numbers) }
    }

    /// Where it is above zero.
    #[inline(always)]
    pub fn positive(self) -> Mask<S> {
        self.above(self.all(0.0))
    }

    /// Where it is not below.
    #[inline(always)]
    pub fn at_least(self, other: Self) -> Mask<S> {
        Mask { simd: self.simd, flags: self.simd.less_than_or_equal_f64s(other.numbers, self.numbers) }
    }

    /// Where it is equal.
    #[inline(always)]
    pub fn equals(self, other: Self) -> Mask<S> {
        Mask { simd: self.simd, flags: self.simd.equal_f64s(self.numbers, other.numbers) }
    }

    /// `self` where `mask` says yes, and `other` elsewhere.
    #[inline(always)]
    pub fn or(self, mask: Mask<S>, other: Self) -> Self {
        Wide { numbers: self.simd.select_f64s(mask.flags, self.numbers, other.numbers), ..self }
    }

    /// `self` where `mask` says yes, and 0 elsewhere.
    #[inline(always)]
    pub fn only(self, mask: Mask<S>) -> Self {
        self.or(mask, self.all(0.0))
    }
}

impl<S: Simd> Mask<S> {
    /// Where both say yes.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Mask { flags: self.simd.and_m64s(self.flags, other.flags), ..self }
    }

    /// Where either says yes.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Mask { flags: self.simd.or_m64s(self.flags, other.flags), ..self }
    }

    /// Where it says no.
    #[inline(always)]
    pub fn not(self) -> Self {
        Mask { flags: self.simd.not_m64s(self.flags), ..self }
    }

    /// Whether any says yes.
    #[inline(always)]
    pub fn any(self) -> bool {
        bytes_of(&self.flags).iter().fold(0, |any, byte| any | byte) != 0
    }
}

impl<S: Simd> Add for Wide<S> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Wide { numbers: self.simd.add_f64s(self.numbers, other.numbers), ..self }
    }
}

impl<S: Simd> Sub for Wide<S> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Wide { numbers: self.simd.sub_f64s(self.numbers, other.numbers), ..self }
    }
}

impl<S: Simd> Mul for Wide<S> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Wide { numbers: self.simd.mul_f64s(self.numbers, other.numbers), ..self }
    }
}

impl<S: Simd> Div for Wide<S> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Wide { numbers: self.simd.div_f64s(self.numbers, other.numbers), ..self }
    }
}
