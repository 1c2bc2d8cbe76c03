//! Calls that do what a handle's do.

use ogpu_types::{Address, Receipt, SourceAddress, TaskAddress};

use crate::{Client, Write};

impl Client {
    /// Takes a task back while nobody has attempted it: [`Task::cancel`](crate::handles::Task::cancel).
    ///
    /// # Errors
    ///
    /// As [`Task::cancel`](crate::handles::Task::cancel).
    pub fn cancel_task(&self, task: impl Into<TaskAddress>) -> Write<Receipt> {
        self.task(task).cancel()
    }

    /// Closes a source for good: [`Source::inactivate`](crate::handles::Source::inactivate).
    ///
    /// # Errors
    ///
    /// As [`Source::inactivate`](crate::handles::Source::inactivate).
    pub fn inactivate_source(&self, source: impl Into<SourceAddress>) -> Write<Receipt> {
        self.source(source).inactivate()
    }

    /// Allows an agent to act for the signer, or forbids it:
    /// [`Terminal::set_agent`](crate::handles::Terminal::set_agent).
    ///
    /// # Errors
    ///
    /// As [`Terminal::set_agent`](crate::handles::Terminal::set_agent).
    pub fn set_agent(&self, agent: Address, allowed: bool) -> Write<Receipt> {
        self.terminal().set_agent(agent, allowed)
    }
}
