//! The data types alone: a program that only reads and writes them depends on `ogpu-types`.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use std::error::Error;

use ogpu_types::{SourceAddress, SourceInfo, TaskInfo, TaskInput, Wei};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Prompt {
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let source: SourceAddress = "0xF87bb2f3edB991a998992f14d35fE142e6Bb50b1".parse()?;
    let prompt = Prompt {
        text: "hello".into(),
    };
    let task = TaskInfo {
        source,
        config: TaskInput::new("predict", &prompt)?,
        expiry_time: 1_900_000_000,
        payment: Wei::parse_ether("0.05")?,
    };
    let json = serde_json::to_string_pretty(&task)?;
    println!("{json}");

    let read: TaskInfo = serde_json::from_str(&json)?;
    assert_eq!(read, task);
    assert_eq!(read.config.data::<Prompt>()?, prompt);
    println!("pays {} OGPU", read.payment.format_ether());

    // Bad input is refused by name, before any network is involved.
    let source: SourceInfo = serde_json::from_str(
        r#"{"name":"", "description":"", "logoUrl":"", "imageEnvs":{"cpu":"https://example.org/c.yml"},
            "minPayment":"1", "minAvailableLockup":0, "maxExpiryDuration":60}"#,
    )?;
    match source.validate() {
        Err(error) => println!("refused: {error}"),
        Ok(()) => return Err("a source without a name was accepted".into()),
    }
    Ok(())
}
