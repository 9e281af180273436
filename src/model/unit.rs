//! What numbers are measured in.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

/// The unit of a series or an outcome.
///
/// A variant says what kind of quantity it is; everything that depends on the kind matches on it. Its name is looked up in
/// [`Unit::name`] alone. A product, or money, may be counted in a unit of the config's own: kilograms, vials, euros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An amount of a product.
    Tonnes,
    /// A flow of a product.
    TonnesPerMonth,
    /// An amount of a product with a unit of its own.
    Amount(UnitName),
    /// A flow of it.
    AmountPerMonth(UnitName),
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
    /// An amount of money in another currency.
    Money(UnitName),
    /// A flow of it.
    MoneyPerMonth(UnitName),
    /// A multiple of a usual value.
    Multiple,
}

impl Unit {
    /// Its name in files and tables.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Unit::Tonnes => "t".into(),
            Unit::TonnesPerMonth => "t/month".into(),
            Unit::Fraction => "fraction".into(),
            Unit::Days => "days".into(),
            Unit::Months => "months".into(),
            Unit::Episodes => "episodes".into(),
            Unit::Decisions => "decisions".into(),
            Unit::Usd => "USD".into(),
            Unit::UsdPerMonth => "USD/month".into(),
            Unit::Multiple => "multiple".into(),
            Unit::Amount(name) | Unit::Money(name) => name.as_str().into(),
            Unit::AmountPerMonth(name) | Unit::MoneyPerMonth(name) => format!("{}/month", name.as_str()).into(),
        }
    }

    /// Whether its values double where all tonnages of a model do.
    pub const fn is_amount(self) -> bool {
        use Unit::{Amount, AmountPerMonth, Money, MoneyPerMonth, Tonnes, TonnesPerMonth, Usd, UsdPerMonth};
        matches!(
            self,
            Tonnes | TonnesPerMonth | Amount(_) | AmountPerMonth(_) | Usd | UsdPerMonth | Money(_) | MoneyPerMonth(_)
        )
    }

    /// The same kind of quantity, of a product and in money that may have units of their own.
    pub(super) fn of(self, product: Option<UnitName>, currency: Option<UnitName>) -> Unit {
        match self {
            Unit::Tonnes => product.map_or(self, Unit::Amount),
            Unit::TonnesPerMonth => product.map_or(self, Unit::AmountPerMonth),
            Unit::Usd => currency.map_or(self, Unit::Money),
            Unit::UsdPerMonth => currency.map_or(self, Unit::MoneyPerMonth),
            other => other,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

/// The name of a unit, held in place: a unit is handed on as easily as a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UnitName {
    text: [u8; UnitName::BYTES],
    length: u8,
}

impl UnitName {
    /// Most characters of a name.
    pub const LONGEST: usize = 12;

    /// As many bytes as these can take.
    const BYTES: usize = 4 * UnitName::LONGEST;

    /// None if it is longer than that.
    pub fn new(name: &str) -> Option<Self> {
        let mut text = [0; UnitName::BYTES];
        text.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(UnitName { text, length: name.len() as u8 })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.length)]).expect("it was copied from a text")
    }
}

impl fmt::Debug for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
