//! A register of the processor: a number for each of as many trials as fit.
//!
//! How many fit is found out when the program runs: eight with AVX-512, four with AVX2, two with SSE or NEON, one elsewhere.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Not, Sub};

use pulp::bytemuck::bytes_of;
use pulp::{Simd, WithSimd};

use super::lanes::{LANES, Lanes};
use super::number::{Mask, Number, Outlined};

/// A number for each trial that is computed at once. Aligned as [`Lanes`] are.
#[repr(align(64))]
#[derive(Clone, Copy, Debug)]
pub struct F64s<S: Simd> {
    simd: S,
    numbers: S::f64s,
}

struct Call<F>(F);

impl<F: Outlined> WithSimd for Call<F> {
    type Output = F::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> F::Output {
        self.0.call()
    }
}

/// A yes or no for each trial that is computed at once.
#[derive(Clone, Copy, Debug)]
pub struct Masks<S: Simd> {
    simd: S,
    flags: S::m64s,
}

impl<S: Simd> F64s<S> {
    /// Zero in all.
    #[inline(always)]
    pub fn zero(simd: S) -> Self {
        F64s { simd, numbers: simd.splat_f64s(0.0) }
    }

    #[inline(always)]
    fn with(self, numbers: S::f64s) -> Self {
        F64s { numbers, ..self }
    }

    #[inline(always)]
    fn mask(self, flags: S::m64s) -> Masks<S> {
        Masks { simd: self.simd, flags }
    }
}

/// Which group, so that a compiler sees that it is one of them: reading and writing need no check then.
#[inline(always)]
fn within<S: Simd>(group: usize) -> usize {
    group % (LANES / S::F64_LANES)
}

impl<S: Simd> Number for F64s<S> {
    type Mask = Masks<S>;
    const WIDTH: usize = S::F64_LANES;

    #[inline(always)]
    fn outline<F: Outlined>(self, function: F) -> F::Output {
        Simd::vectorize(self.simd, Call(function))
    }

    #[inline(always)]
    fn splat(self, value: f64) -> Self {
        self.with(self.simd.splat_f64s(value))
    }

    #[inline(always)]
    fn load(self, lanes: &Lanes, group: usize) -> Self {
        self.with(S::as_simd_f64s(&lanes.0).0[within::<S>(group)])
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes, group: usize) {
        S::as_mut_simd_f64s(&mut lanes.0).0[within::<S>(group)] = self.numbers;
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.with(self.simd.min_f64s(self.numbers, other.numbers))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.with(self.simd.max_f64s(self.numbers, other.numbers))
    }

    #[inline(always)]
    fn above(self, other: Self) -> Masks<S> {
        self.mask(self.simd.less_than_f64s(other.numbers, self.numbers))
    }

    #[inline(always)]
    fn at_least(self, other: Self) -> Masks<S> {
        self.mask(self.simd.less_than_or_equal_f64s(other.numbers, self.numbers))
    }

    #[inline(always)]
    fn equals(self, other: Self) -> Masks<S> {
        self.mask(self.simd.equal_f64s(self.numbers, other.numbers))
    }

    #[inline(always)]
    fn select(self, mask: Masks<S>, other: Self) -> Self {
        self.with(self.simd.select_f64s(mask.flags, self.numbers, other.numbers))
    }
}

impl<S: Simd> Mask for Masks<S> {
    #[inline(always)]
    fn any(self) -> bool {
        bytes_of(&self.flags).iter().fold(0, |any, byte| any | byte) != 0
    }
}

impl<S: Simd> BitAnd for Masks<S> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Masks { flags: self.simd.and_m64s(self.flags, other.flags), ..self }
    }
}

impl<S: Simd> BitOr for Masks<S> {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Masks { flags: self.simd.or_m64s(self.flags, other.flags), ..self }
    }
}

impl<S: Simd> Not for Masks<S> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Masks { flags: self.simd.not_m64s(self.flags), ..self }
    }
}

impl<S: Simd> Add for F64s<S> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(self.simd.add_f64s(self.numbers, other.numbers))
    }
}

impl<S: Simd> Sub for F64s<S> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(self.simd.sub_f64s(self.numbers, other.numbers))
    }
}

impl<S: Simd> Mul for F64s<S> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(self.simd.mul_f64s(self.numbers, other.numbers))
    }
}

impl<S: Simd> Div for F64s<S> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.with(self.simd.div_f64s(self.numbers, other.numbers))
    }
}
