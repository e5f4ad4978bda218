//! How single fields are written as JSON, for `#[serde(with = …)]`.

/// [`schemas::Money`] as a number of dollars.
pub mod dollars {
    use schemas::Money;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    /// Writes dollars.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(money: &Money, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(money.dollars())
    }

    /// Reads dollars, to the nearest millionth.
    ///
    /// # Errors
    /// The deserializer's, or the amount does not fit.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        let dollars = f64::deserialize(from)?;
        Money::from_dollars(dollars).ok_or_else(|| D::Error::custom("too large an amount of money"))
    }
}

/// A [`schemas::events::Strategy`] by its name: `call butterfly`.
pub mod strategy_name {
    use schemas::events::Strategy;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    const ALL: [Strategy; 3] =
        [Strategy::CallButterfly, Strategy::PutButterfly, Strategy::IronButterfly];

    /// Writes the name.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(strategy: &Strategy, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(strategy.name())
    }

    /// Reads the name.
    ///
    /// # Errors
    /// The deserializer's, or no strategy has that name.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Strategy, D::Error> {
        let name = String::deserialize(from)?;
        let named = ALL.into_iter().find(|strategy| strategy.name() == name);
        named.ok_or_else(|| D::Error::custom(format!("no strategy is called {name:?}")))
    }
}
