//! What numbers are measured in.

use std::fmt;

use serde::{Serialize, Serializer};

/// The unit of a series or an outcome.
///
/// A variant says what kind of quantity it is; everything that depends on the kind matches on it. Its name is looked up in
/// [`Unit::name`] alone, so that a quantity can be given another name (kilograms, vials, euros) without changing its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An amount of a product.
    Tonnes,
    /// A flow of a product.
    TonnesPerMonth,
    /// A share, or one quantity over another.
    Fraction,
    /// A stock in days of what is used.
    Days,
    /// A time.
    Months,
    /// A count of episodes.
    Episodes,
    /// A count of decisions.
    Decisions,
    /// An amount of money.
    Usd,
    /// A flow of money.
    UsdPerMonth,
    /// A multiple of a usual value.
    Multiple,
}

impl Unit {
    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Tonnes => "t",
            Unit::TonnesPerMonth => "t/month",
            Unit::Fraction => "fraction",
            Unit::Days => "days",
            Unit::Months => "months",
            Unit::Episodes => "episodes",
            Unit::Decisions => "decisions",
            Unit::Usd => "USD",
            Unit::UsdPerMonth => "USD/month",
            Unit::Multiple => "multiple",
        }
    }

    /// Whether its values double where all tonnages of a model do.
    pub const fn is_amount(self) -> bool {
        matches!(self, Unit::Tonnes | Unit::TonnesPerMonth | Unit::Usd | Unit::UsdPerMonth)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
