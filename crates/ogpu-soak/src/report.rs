//! The table of a run.

use std::{fmt, path::PathBuf, time::Duration};

use crate::{
    progress::{Entry, News, ended},
    tally::Counts,
};

/// How one seed went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    pub(crate) tasks: u64,
    pub(crate) published: usize,
    /// Not sent, and left at that.
    pub(crate) given_up: usize,
    pub(crate) not_sent: usize,
    pub(crate) unknown: usize,
    pub(crate) dropped: usize,
    pub(crate) kills: usize,
    pub(crate) elapsed: Duration,
    pub(crate) counts: Counts,
    pub(crate) on_chain: usize,
    pub(crate) fills: usize,
    pub(crate) transitions: u64,
    pub(crate) log_bytes: u64,
    /// In milliseconds.
    pub(crate) latencies: Vec<u64>,
    pub(crate) discrepancies: Vec<String>,
    /// What reproduces it, and where its files are.
    pub(crate) kept: Option<(String, PathBuf)>,
}

impl Outcome {
    /// Counts what the callers have heard.
    pub(crate) fn hear(&mut self, entries: &[Entry]) {
        for entry in entries {
            match &entry.news {
                News::NotSent { is_final, .. } if !is_final => self.not_sent += 1,
                News::Unknown { .. } => self.unknown += 1,
                News::Dropped => self.dropped += 1,
                _ => {}
            }
        }
        for news in ended(entries).values() {
            match news {
                News::Published { millis, .. } => {
                    self.published += 1;
                    self.latencies.push(*millis);
                }
                News::NotSent { .. } => self.given_up += 1,
                _ => {}
            }
        }
        self.latencies.sort_unstable();
    }

    /// One seed in a line, with all that is wrong below it.
    pub(crate) fn line(&self) -> String {
        let mut text = format!(
            "seed {}: {} tasks, {} published, {} given up, {} kills, {:.1} s, {} discrepancies",
            self.seed,
            self.tasks,
            self.published,
            self.given_up,
            self.kills,
            self.elapsed.as_secs_f64(),
            self.discrepancies.len(),
        );
        for discrepancy in &self.discrepancies {
            text.push_str("\n  ");
            text.push_str(discrepancy);
        }
        if let Some((command, files)) = &self.kept {
            text.push_str(&format!(
                "\n  again: {command}\n  files: {}",
                files.display()
            ));
        }
        text
    }

    fn add(&mut self, other: Self) {
        self.tasks += other.tasks;
        self.published += other.published;
        self.given_up += other.given_up;
        self.not_sent += other.not_sent;
        self.unknown += other.unknown;
        self.dropped += other.dropped;
        self.kills += other.kills;
        self.counts.add(&other.counts);
        self.on_chain += other.on_chain;
        self.fills += other.fills;
        self.transitions += other.transitions;
        self.log_bytes += other.log_bytes;
        self.latencies.extend(other.latencies);
        self.latencies.sort_unstable();
        self.discrepancies.extend(other.discrepancies);
    }

    fn percentile(&self, percent: usize) -> u64 {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get(last * percent / 100)
            .copied()
            .unwrap_or(0)
    }

    #[expect(clippy::cast_precision_loss, reason = "for the eye, at two digits")]
    fn per_publish(&self, count: u64) -> f64 {
        count as f64 / self.published.max(1) as f64
    }
}

/// All seeds together.
#[derive(Debug, Default)]
pub(crate) struct Report {
    seeds: usize,
    sum: Outcome,
}

impl Report {
    /// How long all of it took.
    pub(crate) fn took(&mut self, time: Duration) {
        self.sum.elapsed = time;
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.sum.add(outcome);
    }

    pub(crate) const fn is_clean(&self) -> bool {
        self.sum.discrepancies.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = &self.sum;
        let mut row = |name: &str, value: String| writeln!(f, "{name:<34}{value:>12}");
        row("", String::new())?;
        row("seeds", self.seeds.to_string())?;
        row("tasks", sum.tasks.to_string())?;
        row("published", sum.published.to_string())?;
        row("  on chain", sum.on_chain.to_string())?;
        row("not sent, and given up", sum.given_up.to_string())?;
        row("not sent, then called again", sum.not_sent.to_string())?;
        row("unknown, then settled", sum.unknown.to_string())?;
        row("futures dropped, then settled", sum.dropped.to_string())?;
        row("kills", sum.kills.to_string())?;
        row("holes filled", sum.fills.to_string())?;
        row("latency p50, ms", sum.percentile(50).to_string())?;
        row("latency p99, ms", sum.percentile(99).to_string())?;
        let requests = sum.counts.rpc_requests;
        row(
            "RPC requests per publish",
            format!("{:.2}", sum.per_publish(requests)),
        )?;
        row(
            "RPC calls per publish",
            format!("{:.2}", sum.per_publish(sum.counts.calls)),
        )?;
        row(
            "offers per publish",
            format!("{:.2}", sum.per_publish(sum.counts.offers)),
        )?;
        let services = sum.counts.service_requests;
        row(
            "uploads per publish",
            format!("{:.2}", sum.per_publish(services)),
        )?;
        row("transitions replayed", sum.transitions.to_string())?;
        row(
            "log searched for keys, MB",
            (sum.log_bytes / 1_000_000).to_string(),
        )?;
        row("seconds", format!("{:.1}", sum.elapsed.as_secs_f64()))?;
        for (fault, count) in &sum.counts.faults {
            row(&format!("  {fault}"), count.to_string())?;
        }
        row("discrepancies", sum.discrepancies.len().to_string())
    }
}
