//! The JSON form of an amount.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::Wei;
use crate::json_text::{Scalar, read_scalar};

impl Serialize for Wei {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Wei {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match read_scalar(deserializer, "an amount in wei as text or integer")? {
            Scalar::Text(text) | Scalar::Number(text) => text,
        };
        text.parse().map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_slice, from_str, from_value, json, to_string};

    use super::*;

    #[test]
    fn an_amount_is_written_as_decimal_text() {
        assert_eq!(
            to_string(&Wei::from_ether(1)).unwrap(),
            r#""1000000000000000000""#
        );
    }

    #[test]
    fn bare_integers_are_exact_whatever_their_size() {
        let hundred_coins = Wei::from_ether(100);
        assert_eq!(
            from_str::<Wei>("100000000000000000000").unwrap(),
            hundred_coins
        );
        assert_eq!(
            from_slice::<Wei>(b" 100000000000000000000 ").unwrap(),
            hundred_coins
        );
        let reader = "100000000000000000000".as_bytes();
        assert_eq!(
            serde_json::from_reader::<_, Wei>(reader).unwrap(),
            hundred_coins
        );
        assert_eq!(from_str::<Wei>(&Wei::MAX.to_string()).unwrap(), Wei::MAX);
        assert_eq!(
            from_value::<Wei>(json!(u64::MAX)).unwrap(),
            Wei::from(u64::MAX)
        );
    }

    #[test]
    fn text_is_read_in_decimal_and_hexadecimal() {
        let wei = Wei::from(255_u64);
        assert_eq!(from_str::<Wei>(r#""255""#).unwrap(), wei);
        assert_eq!(from_str::<Wei>(r#""0xFF""#).unwrap(), wei);
        assert_eq!(from_str::<Wei>(r#""\u0032\u0035\u0035""#).unwrap(), wei);
        assert_eq!(from_value::<Wei>(json!("0xff")).unwrap(), wei);
    }

    #[test]
    fn what_is_no_amount_is_refused_with_its_text() {
        let over = format!("{}0", Wei::MAX);
        for text in [
            "-1",
            "-0",
            "1.0",
            "1e3",
            "null",
            "true",
            "[1]",
            r#"{"wei":1}"#,
            &over,
        ] {
            let error = from_str::<Wei>(text).unwrap_err().to_string();
            assert!(error.contains(text), "{text}: {error}");
        }
    }

    #[test]
    fn an_integer_that_a_tree_of_values_rounded_is_refused() {
        let rounded: Value = from_str("100000000000000000000").unwrap();
        if rounded.is_f64() {
            let error = from_value::<Wei>(rounded).unwrap_err().to_string();
            assert!(error.contains("1e20") || error.contains("1e+20"), "{error}");
            assert!(error.contains("whole number"), "{error}");
        } else {
            assert_eq!(from_value::<Wei>(rounded).unwrap(), Wei::from_ether(100));
        }
    }
}
