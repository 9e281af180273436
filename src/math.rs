//! Elementary functions with the same bits on every machine.
//!
//! `f64::ln`, `f64::exp` and `f64::powf` call the C library of the system, whose last bit depends on its version and on
//! whether the processor has fused multiply-add. Here they come from the `libm` crate, which is plain Rust. `clippy.toml`
//! forbids the others. (`+ - * /` and `sqrt` are exact by IEEE 754 and need no care.)

/// Natural logarithm.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `e^x`.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `x^y`.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}
