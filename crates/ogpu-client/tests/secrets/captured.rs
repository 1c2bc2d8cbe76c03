//! Everything that a run prints.

use std::{
    error::Error,
    io, panic,
    sync::{Arc, Mutex, PoisonError},
};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt,
};

/// A key whose bytes are all different, and different from those of other numbers.
pub(crate) fn key(number: u8) -> [u8; 32] {
    std::array::from_fn(|index| {
        u8::try_from(index)
            .unwrap()
            .wrapping_mul(73)
            .wrapping_add(number.wrapping_mul(31))
            .wrapping_add(41)
    })
}

/// What was logged, and what was printed on the way.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(bytes.clone()).unwrap()
    }

    fn add(&self, text: &[u8]) {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend_from_slice(text);
    }

    /// Takes in what is logged at any level.
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let log = tracing_subscriber::fmt::layer()
            .with_writer(self.clone())
            .with_ansi(false);
        // The node's own log shows what it is sent; it is in this process only because this is a
        // test.
        let ours = Targets::new()
            .with_default(LevelFilter::TRACE)
            .with_target("jsonrpsee-server", LevelFilter::OFF);
        tracing_subscriber::registry().with(log).with(ours)
    }

    /// Takes in what panics say, from now on and in all threads.
    pub(crate) fn watch_panics(&self) {
        let captured = self.clone();
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            captured.add(format!("{info}\n").as_bytes());
            usual(info);
        }));
    }

    /// Takes in what a program prints for debugging.
    pub(crate) fn debug(&self, value: &dyn std::fmt::Debug) {
        self.add(format!("{value:?} {value:#?}\n").as_bytes());
    }

    /// Takes in an error with all its causes, in all ways of printing.
    pub(crate) fn error(&self, error: &dyn Error) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.add(format!("{error:?} {error:#?} {error}\n").as_bytes());
            next = error.source();
        }
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
