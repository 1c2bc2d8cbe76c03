//! What a run is asked for.

use std::{ops::Range, time::Duration};

use anyhow::{Context, Result, bail};

use crate::presets::{self, Preset};

pub(crate) const HELP: &str = "\
cargo xtask soak [--option value]...

  --tasks N        tasks in total, shared out among the seeds; default 2000
  --seeds A..B     one network for each seed from A to below B; default 1..5
  --seed N         the same as --seeds N..N+1
  --at-once N      so many seeds at the same time; default 4
  --concurrency N  publishes in flight for each seed, shared out among its callers; default 128
  --faults NAME    what goes wrong: none, heavy, or one fault alone (--faults help); default heavy
  --kills N        how often a caller is killed, for each seed; default 8
  --seconds N      the longest that one seed may take; default 300
  --block-ms N     milliseconds between blocks; default 60
  --keep           keep the files of a clean run as well
  --release        build for speed, which takes minutes: for runs of tens of thousands
";

/// The options of a run.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) tasks: u64,
    pub(crate) seeds: Range<u64>,
    pub(crate) at_once: usize,
    pub(crate) concurrency: usize,
    pub(crate) preset: &'static Preset,
    pub(crate) kills: usize,
    pub(crate) limit: Duration,
    pub(crate) block_time: Duration,
    pub(crate) keeps_files: bool,
}

impl Options {
    /// Reads the arguments; `None` asks for help.
    pub(crate) fn parse(args: &[String]) -> Result<Option<Self>> {
        let mut options = Self {
            tasks: 2000,
            seeds: 1..5,
            at_once: 4,
            concurrency: 128,
            preset: presets::find("heavy")?,
            kills: 8,
            limit: Duration::from_secs(300),
            block_time: Duration::from_millis(60),
            keeps_files: false,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if matches!(arg.as_str(), "help" | "--help" | "-h") {
                return Ok(None);
            }
            if arg == "--keep" {
                options.keeps_files = true;
                continue;
            }
            let value = args
                .next()
                .with_context(|| format!("`{arg}` is no option, or lacks its value\n\n{HELP}"))?;
            options
                .set(arg, value)
                .with_context(|| format!("cannot take `{arg} {value}`"))?;
        }
        if options.seeds.is_empty() || options.concurrency == 0 || options.at_once == 0 {
            bail!("there is nothing to do: no seeds, or none of them at a time");
        }
        Ok(Some(options))
    }

    fn set(&mut self, option: &str, value: &str) -> Result<()> {
        match option {
            "--tasks" => self.tasks = value.parse()?,
            "--seed" => {
                let seed: u64 = value.parse()?;
                self.seeds = seed..seed + 1;
            }
            "--seeds" => {
                let (first, end) = value.split_once("..").context("a range is A..B")?;
                self.seeds = first.parse()?..end.parse()?;
            }
            "--at-once" => self.at_once = value.parse()?,
            "--concurrency" => self.concurrency = value.parse()?,
            "--faults" => self.preset = presets::find(value)?,
            "--kills" => self.kills = value.parse()?,
            "--seconds" => self.limit = Duration::from_secs(value.parse()?),
            "--block-ms" => self.block_time = Duration::from_millis(value.parse()?),
            _ => bail!("there is no such option\n\n{HELP}"),
        }
        Ok(())
    }

    /// How many tasks a seed gets: the first ones get what does not divide evenly.
    pub(crate) fn tasks_of(&self, seed: u64) -> u64 {
        let seeds = self.seeds.end - self.seeds.start;
        let is_early = seed - self.seeds.start < self.tasks % seeds;
        self.tasks / seeds + u64::from(is_early)
    }

    /// What reproduces one seed's part of the run.
    pub(crate) fn reproduction(&self, seed: u64) -> String {
        format!(
            "cargo xtask soak --tasks {} --seed {seed} --concurrency {} --faults {} --kills {} --block-ms {} --keep",
            self.tasks_of(seed),
            self.concurrency,
            self.preset.name,
            self.kills,
            self.block_time.as_millis(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Option<Options>> {
        let args: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn tasks_are_shared_out_among_the_seeds_without_remainder() {
        let options = parsed("--tasks 11 --seeds 3..7").unwrap().unwrap();
        let shares: Vec<u64> = options.seeds.clone().map(|s| options.tasks_of(s)).collect();
        assert_eq!(shares, [3, 3, 3, 2]);
    }

    #[test]
    fn what_reproduces_a_seed_is_itself_understood() {
        let options = parsed("--tasks 11 --seeds 3..7 --faults stale-replica")
            .unwrap()
            .unwrap();
        let again = options.reproduction(3);
        let again = parsed(again.trim_start_matches("cargo xtask soak"))
            .unwrap()
            .unwrap();
        assert_eq!(again.tasks, 3);
        assert_eq!(again.seeds, 3..4);
        assert_eq!(again.preset.name, "stale-replica");
    }

    #[test]
    fn an_unknown_option_is_refused_by_name() {
        let error = format!("{:#}", parsed("--task 3").unwrap_err());
        assert!(error.contains("--task 3"), "{error}");
        assert!(parsed("--help").unwrap().is_none());
    }
}
