//! Reads as calls of their own.

use super::{Problem, Run};
use crate::{
    Error,
    read::{
        At,
        header::Header,
        plain::{contract_data, found},
        set::Wanted,
    },
    rpc::{BlockId, Call},
};

impl Wanted {
    /// The call of this read alone.
    pub(super) fn call(&self, block: BlockId) -> Call {
        contract_data(self.contract, &self.data, block)
    }
}

impl Run<'_> {
    /// Makes a call for each of these reads, together in as few requests as the server takes.
    pub(super) async fn by_calls(&mut self, wanted: &[usize]) -> Result<(), Problem> {
        if self.mark.is_none() {
            let header = self.rpc.send(Header::call(self.id)).await;
            let header = self.header(header)?;
            self.learn(header)?;
        }
        if let (At::Head, Some(mark)) = (self.at, self.mark) {
            self.id = BlockId::Number(mark.number);
        }
        let mut calls: Vec<Call> = wanted
            .iter()
            .map(|&place| self.set.reads[place].call(self.id))
            .collect();
        // Numbers may come to name other blocks meanwhile.
        calls.push(Header::call(self.id));
        let answers = self.rpc.batch(calls).await;
        let mut answers = answers.map_err(|error| Problem::Final(Error::rpc(error)))?;
        if let Some(header) = answers.pop() {
            let header = self.header(header)?;
            self.learn(header)?;
        }
        for (&place, answer) in wanted.iter().zip(answers) {
            self.found[place] = Some(found(self.rpc, answer));
        }
        Ok(())
    }
}
