//! The node asked by hand: JSON-RPC over HTTP, and words of 32 bytes.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha3::{Digest, Keccak256};

/// The most calls in one batch.
const BATCH: usize = 200;

/// The node itself, behind no faults.
#[derive(Debug)]
pub(crate) struct Node {
    http: reqwest::Client,
    url: String,
}

impl Node {
    pub(crate) fn new(url: String) -> Self {
        Self {
            http: reqwest::Client::new(),
            url,
        }
    }

    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value> {
        let mut results = self.calls(&[(method, params)]).await?;
        results.pop().context("no answer")
    }

    /// The results of many calls, in their order.
    pub(crate) async fn calls(&self, calls: &[(&str, Value)]) -> Result<Vec<Value>> {
        let mut results = Vec::with_capacity(calls.len());
        for part in calls.chunks(BATCH) {
            let body: Vec<Value> = part
                .iter()
                .enumerate()
                .map(|(id, (method, params))| {
                    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
                })
                .collect();
            let answer = self
                .http
                .post(&self.url)
                .header("content-type", "application/json")
                .body(serde_json::to_vec(&body)?)
                .send()
                .await?
                .bytes()
                .await?;
            let answers: Vec<Value> = serde_json::from_slice(&answer)?;
            let mut sorted = vec![Value::Null; part.len()];
            for answer in answers {
                let id = answer["id"].as_u64().context("an answer without id")?;
                if let Some(error) = answer.get("error") {
                    bail!(
                        "the node refuses {:?}: {error}",
                        part.get(usize::try_from(id)?)
                    );
                }
                *sorted
                    .get_mut(usize::try_from(id)?)
                    .context("an answer to nothing")? = answer["result"].clone();
            }
            results.append(&mut sorted);
        }
        Ok(results)
    }
}

/// The first word of the hash of a signature, as call data without arguments.
pub(crate) fn selector(signature: &str) -> String {
    format!("0x{}", hex::encode(&Keccak256::digest(signature)[..4]))
}

/// The hash of an event's signature.
pub(crate) fn topic(signature: &str) -> String {
    format!("0x{}", hex::encode(Keccak256::digest(signature)))
}

/// An address as an argument.
pub(crate) fn word_of(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_lowercase())
}

/// The words of an ABI-encoded answer.
pub(crate) fn words(data: &Value) -> Result<Vec<[u8; 32]>> {
    let text = data.as_str().context("no data")?;
    let bytes = hex::decode(text.trim_start_matches("0x"))?;
    bytes
        .chunks(32)
        .map(|word| word.try_into().context("not whole words"))
        .collect()
}

/// A word as an address, in lower case.
pub(crate) fn address(word: &[u8; 32]) -> String {
    format!("0x{}", hex::encode(&word[12..]))
}

/// A word as a number, which nothing here exceeds.
pub(crate) fn number(word: &[u8; 32]) -> Result<u128> {
    if word[..16].iter().any(|byte| *byte != 0) {
        bail!("a number beyond 128 bits");
    }
    let mut low = [0; 16];
    low.copy_from_slice(&word[16..]);
    Ok(u128::from_be_bytes(low))
}

/// A quantity of JSON-RPC.
pub(crate) fn quantity(value: &Value) -> Result<u64> {
    let text = value.as_str().context("no quantity")?;
    Ok(u64::from_str_radix(text.trim_start_matches("0x"), 16)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_hash_as_everybody_knows() {
        assert_eq!(selector("transfer(address,uint256)"), "0xa9059cbb");
        assert_eq!(
            topic("Transfer(address,address,uint256)"),
            "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
        );
    }

    #[test]
    fn words_are_read_as_addresses_and_numbers() {
        let text = format!(
            "0x{}{:0>64}",
            word_of("0xAB00000000000000000000000000000000000001"),
            "1f"
        );
        let words = words(&json!(text)).unwrap();
        assert_eq!(
            address(&words[0]),
            "0xab00000000000000000000000000000000000001"
        );
        assert_eq!(number(&words[1]).unwrap(), 31);
        assert!(number(&[1; 32]).is_err());
    }
}
