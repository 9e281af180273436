//! Elementary functions with the same bits on every machine.
//!
//! `f64::ln`, `f64::exp` and `f64::powf` call the C library of the system, whose last bit depends on its version and on
//! whether the processor has fused multiply-add. Here they come from the `libm` crate, which is plain Rust. `clippy.toml`
//! forbids the others. (`+ - * /` and `sqrt` are exact by IEEE 754 and need no care.)

mod rows;

pub use rows::{exp_in_row, ln_in_row, nearest, polynomial};

/// Natural logarithm.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, accurate for small `x`.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `e^x`.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `e^x - 1`, accurate for small `x`.
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// `x^y`.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Complementary error function `1 - erf(x)`, with full relative accuracy for large `x`.
#[inline]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Gamma function.
#[inline]
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// Logarithm of the gamma function, for `x > 0`.
#[inline]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}
