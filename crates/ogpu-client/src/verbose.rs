//! A log on standard error, for programs that have none of their own.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use ogpu_env::{DotEnvError, Variables};
use tracing::{Subscriber, subscriber::set_global_default};
use tracing_subscriber::{
    Registry,
    filter::{LevelFilter, Targets},
    fmt::{self, MakeWriter, format::FmtSpan},
    layer::SubscriberExt,
    reload,
};

/// The variable that turns the log on, if it is `1`, `true` or `yes` in any case.
const VARIABLE: &str = "OGPU_VERBOSE";

/// The crates of this workspace that log.
const CRATES: [&str; 2] = ["ogpu_client", "ogpu_devnet"];

/// Turns the log that was installed on and off.
static SWITCH: Mutex<Option<Switch>> = Mutex::new(None);

type Switch = reload::Handle<Targets, Registry>;

/// Why there is no verbose log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerboseError {
    /// The program has installed a `tracing` subscriber of its own.
    #[error(
        "the program has a tracing subscriber already: let that one show what `ogpu_client` logs"
    )]
    Taken,
    /// A `.env` file that `OGPU_VERBOSE` is looked for in cannot be used.
    #[error("cannot look for {VARIABLE} in .env")]
    DotEnv {
        /// Which file, and why.
        source: DotEnvError,
    },
}

/// Writes what this SDK does to standard error from now on, or no more: each call, request and
/// transaction, at `debug`, and how long they took.
///
/// The first time that it is turned on, this becomes the program's `tracing` subscriber, for good; a
/// program that has one of its own shows the targets `ogpu_client` and `ogpu_devnet` there instead.
/// Needs the feature `verbose`.
///
/// # Errors
///
/// [`VerboseError::Taken`] when there is another subscriber.
pub fn set_verbose(enabled: bool) -> Result<(), VerboseError> {
    let mut switch = SWITCH.lock().unwrap_or_else(PoisonError::into_inner);
    match &*switch {
        // It fails only when the subscriber is gone, which a global one never is.
        Some(switch) => switch
            .reload(targets(enabled))
            .map_err(|_| VerboseError::Taken),
        None if enabled => {
            let (subscriber, new) = subscriber(io::stderr);
            set_global_default(subscriber).map_err(|_| VerboseError::Taken)?;
            *switch = Some(new);
            Ok(())
        }
        None => Ok(()),
    }
}

/// [`set_verbose`] if `OGPU_VERBOSE` is `1`, `true` or `yes`, in the environment or in a `.env` file.
/// A program calls it when it starts: this may wait for the disk. Says whether it was so.
///
/// # Errors
///
/// As [`set_verbose`]; [`VerboseError::DotEnv`] when a file is there but cannot be used.
pub fn set_verbose_from_env() -> Result<bool, VerboseError> {
    let wanted = is_wanted(&Variables::of_process())?;
    if wanted {
        set_verbose(true)?;
    }
    Ok(wanted)
}

fn is_wanted(variables: &Variables) -> Result<bool, VerboseError> {
    let value = variables
        .get(VARIABLE)
        .map_err(|source| VerboseError::DotEnv { source })?;
    let says_yes = |text: &str| {
        ["1", "true", "yes"]
            .iter()
            .any(|yes| text.trim().eq_ignore_ascii_case(yes))
    };
    Ok(value.is_some_and(|value| value.text().is_some_and(says_yes)))
}

fn targets(enabled: bool) -> Targets {
    let level = if enabled {
        LevelFilter::DEBUG
    } else {
        LevelFilter::OFF
    };
    Targets::new().with_targets(CRATES.map(|name| (name, level)))
}

fn subscriber<W>(writer: W) -> (impl Subscriber + Send + Sync, Switch)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, switch) = reload::Layer::new(targets(true));
    let log = fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE);
    (
        tracing_subscriber::registry().with(filter).with(log),
        switch,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(value: &'static str) -> bool {
        let process = move |name: &str| (name == "OGPU_VERBOSE").then(|| value.into());
        is_wanted(&Variables::new(process, [])).unwrap()
    }

    #[test]
    fn only_a_yes_turns_it_on() {
        for yes in ["1", "true", "TRUE", " Yes "] {
            assert!(wanted(yes), "{yes}");
        }
        for no in ["", "0", "false", "no", "on", "2"] {
            assert!(!wanted(no), "{no}");
        }
    }

    #[test]
    fn a_file_can_turn_it_on_and_a_broken_one_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let ask = |content: &str| {
            std::fs::write(directory.path().join(".env"), content).unwrap();
            is_wanted(&Variables::new(|_| None, [directory.path().to_owned()]))
        };
        assert!(ask("OGPU_VERBOSE=yes").unwrap());
        assert!(matches!(ask("yes"), Err(VerboseError::DotEnv { .. })));
    }
}
