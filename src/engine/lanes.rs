//! Several trials in step: one number of each, side by side.
//!
//! Compilers turn these fixed loops into the widest instructions they may use. Every lane does exactly what a lone `f64`
//! would: only `+ - * /` and comparisons, in the same order, so that a trial has the same bits in any lane, beside any
//! others, on any processor.

use std::array::from_fn;
use std::ops::{Add, Div, Mul, Sub};

/// Trials that go in step.
pub const LANES: usize = 8;

/// A number for each of the trials in step. Aligned, so that it never straddles two lines of the cache: that would make
/// every read and write of the month loop two.
#[repr(align(64))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes(pub [f64; LANES]);

/// A yes or no for each of the trials in step: all bits set, or none.
#[repr(align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask([u64; LANES]);

impl Lanes {
    /// Zero in all.
    pub const ZERO: Lanes = Lanes([0.0; LANES]);
    /// One in all.
    pub const ONE: Lanes = Lanes([1.0; LANES]);

    /// The same number in all.
    #[inline(always)]
    pub fn all(value: f64) -> Self {
        Lanes([value; LANES])
    }

    /// The smaller of two.
    #[inline(always)]
    pub fn min(self, other: Lanes) -> Self {
        Lanes(from_fn(|lane| if self.0[lane] < other.0[lane] { self.0[lane] } else { other.0[lane] }))
    }

    /// The larger of two.
    #[inline(always)]
    pub fn max(self, other: Lanes) -> Self {
        Lanes(from_fn(|lane| if self.0[lane] > other.0[lane] { self.0[lane] } else { other.0[lane] }))
    }

    /// Where it is above.
    #[inline(always)]
    pub fn above(self, other: Lanes) -> Mask {
        Mask(from_fn(|lane| if self.0[lane] > other.0[lane] { u64::MAX } else { 0 }))
    }

    /// Where it is not below.
    #[inline(always)]
    pub fn at_least(self, other: Lanes) -> Mask {
        Mask(from_fn(|lane| if self.0[lane] >= other.0[lane] { u64::MAX } else { 0 }))
    }

    /// Where it is equal.
    #[inline(always)]
    pub fn equals(self, other: Lanes) -> Mask {
        Mask(from_fn(|lane| if self.0[lane] == other.0[lane] { u64::MAX } else { 0 }))
    }

    /// `self` where `mask` says yes, and `other` elsewhere.
    #[inline(always)]
    pub fn or(self, mask: Mask, other: Lanes) -> Self {
        Lanes(from_fn(|lane| {
            f64::from_bits((self.0[lane].to_bits() & mask.0[lane]) | (other.0[lane].to_bits() & !mask.0[lane]))
        }))
    }

    /// `self` where `mask` says yes, and 0 elsewhere.
    #[inline(always)]
    pub fn only(self, mask: Mask) -> Self {
        Lanes(from_fn(|lane| f64::from_bits(self.0[lane].to_bits() & mask.0[lane])))
    }
}

impl Mask {
    /// Where both say yes.
    #[inline(always)]
    pub fn and(self, other: Mask) -> Self {
        Mask(from_fn(|lane| self.0[lane] & other.0[lane]))
    }

    /// Where it says no.
    #[inline(always)]
    pub fn not(self) -> Self {
        Mask(from_fn(|lane| !self.0[lane]))
    }

    /// Whether any says yes.
    #[inline(always)]
    pub fn any(self) -> bool {
        self.0.iter().fold(0, |any, lane| any | lane) != 0
    }
}

macro_rules! arithmetic {
    ($($operation:ident $method:ident $symbol:tt),*) => {$(
        impl $operation for Lanes {
            type Output = Lanes;
            #[inline(always)]
            fn $method(self, other: Lanes) -> Lanes {
                Lanes(from_fn(|lane| self.0[lane] $symbol other.0[lane]))
            }
        }
    )*};
}

arithmetic!(Add add +, Sub sub -, Mul mul *, Div div /);

/// A table of lanes: a row for every month, as wide as there are things in a month. A month lies in one piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    width: usize,
    cells: Vec<Lanes>,
}

impl Rows {
    /// Zeros.
    pub fn new(months: usize, width: usize) -> Self {
        Rows { width, cells: vec![Lanes::ZERO; months * width] }
    }

    /// What a month holds.
    #[inline(always)]
    pub fn month(&self, month: usize) -> &[Lanes] {
        &self.cells[month * self.width..(month + 1) * self.width]
    }

    /// The same, to be changed.
    #[inline(always)]
    pub fn month_mut(&mut self, month: usize) -> &mut [Lanes] {
        &mut self.cells[month * self.width..(month + 1) * self.width]
    }

    /// One thing, month by month.
    #[inline(always)]
    pub fn column(&self, index: usize) -> impl Iterator<Item = Lanes> {
        self.cells.chunks_exact(self.width.max(1)).map(move |row| row[index])
    }

    /// Takes over the values of one thing and trial, month by month.
    pub fn put(&mut self, index: usize, lane: usize, values: &[f64]) {
        for (row, value) in self.cells.chunks_exact_mut(self.width.max(1)).zip(values) {
            row[index].0[lane] = *value;
        }
    }
}
