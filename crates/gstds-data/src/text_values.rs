//! Values that are text in files: enums by name, and what `Display` and `FromStr` write and read.

/// Defines an enum of names: as configurations and command lines write them, with the
/// documentation of each as its help there.
///
/// ```text
/// gstds_data::named! {
///     /// A shape.
///     Shape, "shape", {
///         /// Four equal sides.
///         #[default]
///         Square = "square",
///     }
/// }
/// ```
///
/// gives `ALL`, `name`, serde's traits, `clap::ValueEnum`, `Display` and `FromStr`. Unknown names
/// become [`Error::UnknownName`](crate::Error::UnknownName) in the `Error` at the root of the
/// crate that calls it, which depends on serde and clap.
#[macro_export]
// The error is that of the crate which calls it.
#[allow(clippy::crate_in_macro_def)]
macro_rules! named {
    ($(#[$meta:meta])* $name:ident, $what:literal, {
        $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[derive(serde::Serialize, serde::Deserialize, clap::ValueEnum)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] #[value(name = $text)] $variant,)+
        }

        impl $name {
            /// Every choice, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name used in files and on command lines.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Error;

            fn from_str(text: &str) -> Result<Self, crate::Error> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::Error::UnknownName {
                        what: $what,
                        name: text.into(),
                        choices: concat!($($text, ", "),+).trim_end_matches(", "),
                    }
                    .into()),
                }
            }
        }
    };
}

/// Gives a type serde's traits by way of its `Display` and `FromStr`: text, in files as on command
/// lines. For a crate that depends on serde.
#[macro_export]
macro_rules! as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
                let text: String = serde::Deserialize::deserialize(text)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
