//! What a caller logs: everything into one file, and the machines' transitions into another.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer,
    filter::{Targets, filter_fn},
    layer::{Context, SubscriberExt},
};

const TRANSITIONS: &str = "ogpu_client::transitions";

/// One step of an account's machine, as it was logged.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transition {
    pub(crate) account: String,
    pub(crate) now: u64,
    /// The event, as JSON.
    pub(crate) event: String,
    /// The actions, as JSON.
    pub(crate) actions: String,
}

pub(crate) fn log_path(directory: &Path, incarnation: usize) -> PathBuf {
    directory.join(format!("log-{incarnation}.txt"))
}

pub(crate) fn transitions_path(directory: &Path, incarnation: usize) -> PathBuf {
    directory.join(format!("transitions-{incarnation}.jsonl"))
}

/// Logs at trace level from now on, in this whole process; unbuffered, since it may be killed.
pub(crate) fn start(directory: &Path, incarnation: usize) -> Result<()> {
    let log = tracing_subscriber::fmt::layer()
        .with_writer(Arc::new(create(&log_path(directory, incarnation))?))
        .with_ansi(false)
        .with_filter(
            Targets::new()
                .with_default(LevelFilter::TRACE)
                .with_target(TRANSITIONS, LevelFilter::OFF),
        );
    let transitions = Transitions {
        file: create(&transitions_path(directory, incarnation))?,
    }
    .with_filter(filter_fn(|metadata| metadata.target() == TRANSITIONS));
    let subscriber = tracing_subscriber::registry().with(log).with(transitions);
    Ok(tracing::subscriber::set_global_default(subscriber)?)
}

fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create_new(true).append(true).open(path)
}

struct Transitions {
    file: File,
}

impl<S: Subscriber> Layer<S> for Transitions {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut transition = Transition::default();
        event.record(&mut transition);
        if let Ok(mut line) = serde_json::to_vec(&transition) {
            line.push(b'\n');
            // A step that is missing makes the replay fail, which tells.
            let _ = (&self.file).write_all(&line);
        }
    }
}

impl Visit for Transition {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "now" {
            self.now = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "event" => value.clone_into(&mut self.event),
            "actions" => value.clone_into(&mut self.actions),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "account" {
            self.account = format!("{value:?}");
        }
    }
}
