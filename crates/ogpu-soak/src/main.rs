//! The soak: callers publish tasks while everything around them fails, are killed and started
//! again, and then the chain is audited by its own words.
//!
//! The audit shares no code with the client: it asks the node itself, where no fault happens, and
//! decodes what it needs by hand.
#![allow(clippy::print_stdout, reason = "a command-line tool answers on stdout")]

mod assignment;
mod audit;
mod caller;
mod intent;
mod matrix;
mod network;
mod node;
mod options;
mod peers;
mod presets;
mod progress;
mod replay;
mod report;
mod round;
mod secrets;
mod supervisor;
mod tally;
mod traces;

use std::{process::ExitCode, time::Instant};

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};

use options::Options;
use report::Report;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, directory, incarnation] = &args[..]
        && mode == supervisor::CALLER_MODE
    {
        caller::run(directory.as_ref(), incarnation.parse()?).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if let [mode, rest @ ..] = &args[..]
        && mode == "matrix"
    {
        print!("{}", matrix::run(rest).await?);
        return Ok(ExitCode::SUCCESS);
    }
    let Some(options) = Options::parse(&args)? else {
        print!("{}", options::HELP);
        return Ok(ExitCode::SUCCESS);
    };
    let started = Instant::now();
    let mut report = Report::default();
    // Most of a seed's time is waiting: for blocks, and for what was lost to be given up.
    let mut rounds = stream::iter(options.seeds.clone())
        .map(|seed| round::run(&options, seed))
        .buffer_unordered(options.at_once);
    while let Some(outcome) = rounds.try_next().await? {
        println!("{}", outcome.line());
        report.add(outcome);
    }
    drop(rounds);
    report.took(started.elapsed());
    println!("{report}");
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
