//! Starts the callers, kills them at random instants, and starts them again.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use crate::{assignment::Assignment, tally::Tally};

/// The hidden argument that makes this program a caller.
pub(crate) const CALLER_MODE: &str = "caller";

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A caller's directory and its present process.
pub(crate) struct Caller {
    pub(crate) directory: PathBuf,
    /// How many processes it has had.
    pub(crate) incarnations: usize,
    process: Option<Child>,
}

/// How the callers fared.
#[derive(Debug, Default)]
pub(crate) struct Supervision {
    pub(crate) kills: usize,
    /// What went wrong with the processes themselves.
    pub(crate) discrepancies: Vec<String>,
}

impl Caller {
    pub(crate) fn new(directory: PathBuf, assignment: &Assignment) -> Result<Self> {
        assignment.write(&directory)?;
        Ok(Self {
            directory,
            incarnations: 0,
            process: None,
        })
    }

    fn start(&mut self) -> Result<()> {
        let output = File::create(output_path(&self.directory, self.incarnations))?;
        let process = Command::new(std::env::current_exe()?)
            .arg(CALLER_MODE)
            .arg(&self.directory)
            .arg(self.incarnations.to_string())
            // Held open: its end tells the caller that nobody supervises it any longer.
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a caller")?;
        self.process = Some(process);
        self.incarnations += 1;
        Ok(())
    }

    /// SIGKILL: nothing is flushed, nothing is dropped.
    async fn kill(&mut self) -> Result<()> {
        if let Some(process) = &mut self.process {
            process.kill().await?;
            self.process = None;
        }
        Ok(())
    }

    /// How many lines its progress has.
    fn lines(&self) -> usize {
        std::fs::read(self.directory.join("progress.jsonl")).map_or(0, |bytes| {
            bytes.iter().filter(|byte| **byte == b'\n').count()
        })
    }
}

pub(crate) fn output_path(directory: &Path, incarnation: usize) -> PathBuf {
    directory.join(format!("output-{incarnation}.txt"))
}

/// Runs the callers until all have done what they were given, or time is up.
pub(crate) async fn run(
    callers: &mut [Caller],
    kills: usize,
    tasks: u64,
    limit: Duration,
    dice: &mut fastrand::Rng,
    tally: &mut Tally<'_>,
) -> Result<Supervision> {
    let mut supervision = Supervision::default();
    let started = Instant::now();
    // By progress and not by time, so that they are spread over the run however long it takes.
    let mut due: Vec<usize> = (0..kills)
        .map(|_| usize::try_from(dice.u64(..=tasks * 9 / 10)))
        .collect::<Result<_, _>>()?;
    due.sort_unstable_by(|a, b| b.cmp(a));
    for caller in &mut *callers {
        caller.start()?;
    }
    loop {
        for caller in &mut *callers {
            let Some(process) = &mut caller.process else {
                continue;
            };
            if let Some(status) = process.try_wait()? {
                caller.process = None;
                if !status.success() {
                    let output = output_path(&caller.directory, caller.incarnations - 1);
                    let text = std::fs::read_to_string(&output)?;
                    supervision.discrepancies.push(format!(
                        "a caller ended by itself, {status}: {}",
                        text.trim()
                    ));
                }
            }
        }
        let running: Vec<usize> = (0..callers.len())
            .filter(|index| callers[*index].process.is_some())
            .collect();
        if running.is_empty() {
            return Ok(supervision);
        }
        if started.elapsed() > limit {
            supervision
                .discrepancies
                .push(format!("not all was settled within {limit:?}"));
            for caller in &mut *callers {
                caller.kill().await?;
            }
            return Ok(supervision);
        }
        let done: usize = callers.iter().map(Caller::lines).sum();
        if due.last().is_some_and(|moment| *moment <= done) {
            due.pop();
            let caller = &mut callers[running[dice.usize(..running.len())]];
            let mut most = 300;
            loop {
                sleep(Duration::from_millis(dice.u64(..most))).await;
                caller.kill().await?;
                supervision.kills += 1;
                caller.start()?;
                // Now and then in the midst of taking up what the journal has.
                if dice.u32(..10) >= 3 {
                    break;
                }
                most = 100;
            }
        }
        tally.look();
        sleep(LOOK_EVERY).await;
    }
}
