//! Several trials at once, in the widest instructions the processor has. The only module that names `pulp`.
//!
//! Numbers of [`LANES`] trials lie side by side in memory ([`Lanes`]). Code that computes with them is written once, for any
//! [`Number`]: a plain `f64`, or as many of them as fit into a register. [`InstructionSet::dispatch`] chooses the register
//! when the program runs, once for a whole batch of trials; everything called below it must be `#[inline(always)]`, since
//! only what is inlined there is compiled for these instructions. Loops over lanes that name no `Number` profit as well.
//!
//! Every trial gets exactly what a lone `f64` would: only `+ - * /` and comparisons, in the same order and never fused, so
//! that its bits do not depend on its neighbours or on the processor.

mod lanes;
mod number;
mod wide;

pub use lanes::{ALL, LANES, LaneFlags, Lanes, NONE, Rows};
pub use number::{LaneGroup, LaneGroups, Mask, Number, Outlined};

use pulp::{Simd, WithSimd};

/// Work on a batch of trials, for any register.
pub trait Kernel {
    /// Does it. Must be `#[inline(always)]`.
    fn run<N: Number>(self, groups: LaneGroups<N>);
}

/// A kernel that calls a function without a [`Number`]: plain loops over lanes, for which compilers find wide instructions.
/// The function must be `#[inline(always)]`; it gets the fields in their order. (A closure would do, if it could be inlined
/// for certain.)
macro_rules! kernel {
    ($name:ident<$life:lifetime> { $($field:ident: $type:ty),* $(,)? } calls $function:path) => {
        struct $name<$life> {
            $($field: $type),*
        }

        impl $crate::simd::Kernel for $name<'_> {
            #[inline(always)]
            fn run<N: $crate::simd::Number>(self, _: $crate::simd::LaneGroups<N>) {
                let $name { $($field),* } = self;
                $function($($field),*);
            }
        }
    };
}
pub(crate) use kernel;

/// Instructions to compute with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstructionSet {
    /// The widest that this processor has.
    #[default]
    Widest,
    /// Those that every processor has, one trial at a time.
    Plain,
    /// AVX2: four trials at a time.
    Avx2,
    /// AVX-512: eight trials at a time.
    Avx512,
}

impl InstructionSet {
    /// Those that this processor has, for tests that hold them to the same bits.
    pub fn available() -> Vec<Self> {
        let mut sets = vec![InstructionSet::Widest, InstructionSet::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            sets.extend(pulp::x86::V3::try_new().map(|_| InstructionSet::Avx2));
            sets.extend(pulp::x86::V4::try_new().map(|_| InstructionSet::Avx512));
        }
        sets
    }

    /// Does the work with these instructions, or with the widest there are where the processor lacks them.
    pub fn dispatch(self, kernel: impl Kernel) {
        let work = Work(kernel);
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = pulp::x86::V3::try_new().filter(|_| self == InstructionSet::Avx2);
            let avx512 = pulp::x86::V4::try_new().filter(|_| self == InstructionSet::Avx512);
            match (avx2, avx512) {
                (Some(simd), _) => return Simd::vectorize(simd, work),
                (_, Some(simd)) => return Simd::vectorize(simd, work),
                _ => {}
            }
        }
        match self {
            InstructionSet::Plain => work.with_simd(pulp::Scalar),
            _ => pulp::Arch::new().dispatch(work),
        }
    }
}

struct Work<K>(K);

impl<K: Kernel> WithSimd for Work<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run(LaneGroups::new(wide::F64s::zero(simd)));
    }
}
