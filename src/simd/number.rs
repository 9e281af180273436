//! What the rules of the model compute with: a number of one trial, or of several at once.

use std::fmt::Debug;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Not, Sub};

use super::lanes::{LANES, Lanes};

/// A number of each trial that is computed at once: one for a plain `f64`, as many as fit into a register otherwise.
pub trait Number:
    Copy + Debug + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// A yes or no for each of these trials.
    type Mask: Mask;

    /// How many trials it holds: a power of two, at most [`LANES`].
    const WIDTH: usize;

    /// Calls a function that is compiled by itself, for the same register.
    fn outline<F: Outlined>(self, function: F) -> F::Output;

    /// The same number in all.
    fn splat(self, value: f64) -> Self;

    /// The numbers of group number `group` of the trials in `lanes`.
    fn load(self, lanes: &Lanes, group: usize) -> Self;

    /// Puts the numbers where group number `group` belongs.
    fn store(self, lanes: &mut Lanes, group: usize);

    /// The smaller of two; neither may be "not a number".
    fn min(self, other: Self) -> Self;

    /// The larger of two; neither may be "not a number".
    fn max(self, other: Self) -> Self;

    /// Where it is above.
    fn above(self, other: Self) -> Self::Mask;

    /// Where it is not below.
    fn at_least(self, other: Self) -> Self::Mask;

    /// Where it is equal.
    fn equals(self, other: Self) -> Self::Mask;

    /// `self` where `mask` holds, and `other` elsewhere.
    fn select(self, mask: Self::Mask, other: Self) -> Self;

    /// `self` where `mask` holds, and 0 elsewhere.
    #[inline(always)]
    fn masked(self, mask: Self::Mask) -> Self {
        self.select(mask, self.splat(0.0))
    }

    /// Where it is above zero.
    #[inline(always)]
    fn positive(self) -> Self::Mask {
        self.above(self.splat(0.0))
    }

    /// `self / whole`, and 0 where `whole` is not above zero.
    #[inline(always)]
    fn over(self, whole: Self) -> Self {
        (self / whole).masked(whole.positive())
    }
}

/// A large function with its arguments that is called from several places: inlined there, it would take long to compile.
pub trait Outlined {
    /// What it returns.
    type Output;

    /// Calls it. Must be `#[inline(always)]`.
    fn call(self) -> Self::Output;
}

/// A yes or no for each trial that is computed at once.
pub trait Mask: Copy + Debug + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {
    /// Whether it holds in any of them.
    fn any(self) -> bool;
}

impl Mask for bool {
    fn any(self) -> bool {
        self
    }
}

impl Number for f64 {
    type Mask = bool;
    const WIDTH: usize = 1;

    fn outline<F: Outlined>(self, function: F) -> F::Output {
        function.call()
    }

    fn splat(self, value: f64) -> Self {
        value
    }

    fn load(self, lanes: &Lanes, group: usize) -> Self {
        lanes.0[group]
    }

    fn store(self, lanes: &mut Lanes, group: usize) {
        lanes.0[group] = self;
    }

    fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }

    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    fn above(self, other: Self) -> bool {
        self > other
    }

    fn at_least(self, other: Self) -> bool {
        self >= other
    }

    fn equals(self, other: Self) -> bool {
        self == other
    }

    fn select(self, mask: bool, other: Self) -> Self {
        if mask { self } else { other }
    }
}

/// Trials of a batch that are computed at once.
#[derive(Clone, Copy, Debug)]
pub struct LaneGroup<N> {
    zero: N,
    number: usize,
}

impl<N: Number> LaneGroup<N> {
    /// The same number in all.
    #[inline(always)]
    pub fn splat(self, value: f64) -> N {
        self.zero.splat(value)
    }

    /// Zero in all.
    #[inline(always)]
    pub fn zero(self) -> N {
        self.zero
    }

    /// Which trials of the batch they are.
    #[inline(always)]
    pub fn lanes(self) -> std::ops::Range<usize> {
        self.number * N::WIDTH..(self.number + 1) * N::WIDTH
    }

    /// The numbers of these trials.
    #[inline(always)]
    pub fn load(self, lanes: &Lanes) -> N {
        self.zero.load(lanes, self.number)
    }

    /// Puts the numbers of these trials where they belong.
    #[inline(always)]
    pub fn store(self, lanes: &mut Lanes, value: N) {
        value.store(lanes, self.number);
    }
}

/// All groups of a batch, one after another.
#[derive(Clone, Copy, Debug)]
pub struct LaneGroups<N>(N);

impl<N: Number> LaneGroups<N> {
    /// Groups of numbers like this zero.
    #[inline(always)]
    pub fn new(zero: N) -> Self {
        LaneGroups(zero)
    }

    /// One after another.
    #[inline(always)]
    pub fn iter(self) -> impl Iterator<Item = LaneGroup<N>> {
        (0..LANES / N::WIDTH).map(move |number| LaneGroup { zero: self.0, number })
    }
}
