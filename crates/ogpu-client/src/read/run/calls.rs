//! Reads as calls of their own.

use futures::{StreamExt, stream};

use super::{Problem, Run};
use crate::{
    Error,
    read::{
        At,
        header::Header,
        plain::{contract_data, found},
        set::Wanted,
    },
    rpc::{Answer, BlockId, Call},
};

/// Requests that are under way at a time, where each is for one read.
const CONCURRENCY: usize = 8;

impl Wanted {
    /// The call of this read alone.
    pub(super) fn call(&self, block: BlockId) -> Call {
        contract_data(self.contract, &self.data, block)
    }
}

impl Run<'_> {
    /// Makes a call for each of these reads, together in as few requests as the server takes.
    pub(super) async fn by_calls(&mut self, wanted: &[usize]) -> Result<(), Problem> {
        self.know_block().await?;
        let mut calls = self.calls(wanted);
        // Numbers may come to name other blocks meanwhile.
        calls.push(Header::call(self.id));
        let answers = self.rpc.batch(calls).await;
        let mut answers = answers.map_err(|error| Problem::Final(Error::rpc(error)))?;
        if let Some(header) = answers.pop() {
            let header = self.header(header)?;
            self.learn(header)?;
        }
        self.take_answers(wanted, answers);
        Ok(())
    }

    /// Makes a request for each of these reads: what is too much for a pack may be too much for the
    /// node, and is to spoil no other.
    pub(super) async fn one_by_one(&mut self, wanted: &[usize]) -> Result<(), Problem> {
        self.know_block().await?;
        let rpc = self.rpc;
        let answers: Vec<Vec<(usize, Answer)>> = stream::iter(self.calls(wanted))
            .map(|call| rpc.request(vec![call], true))
            .buffered(CONCURRENCY)
            .collect()
            .await;
        let header = self.rpc.send(Header::call(self.id)).await;
        let header = self.header(header)?;
        self.learn(header)?;
        let answers = answers.into_iter().flatten().map(|(_, answer)| answer);
        self.take_answers(wanted, answers);
        Ok(())
    }

    async fn know_block(&mut self) -> Result<(), Problem> {
        if self.mark.is_none() {
            let header = self.rpc.send(Header::call(self.id)).await;
            let header = self.header(header)?;
            self.learn(header)?;
        }
        if let (At::Head, Some(mark)) = (self.at, self.mark) {
            self.id = BlockId::Number(mark.number);
        }
        Ok(())
    }

    fn calls(&self, wanted: &[usize]) -> Vec<Call> {
        let reads = wanted.iter().map(|&place| &self.set.reads[place]);
        reads.map(|read| read.call(self.id)).collect()
    }

    fn take_answers(&mut self, wanted: &[usize], answers: impl IntoIterator<Item = Answer>) {
        for (&place, answer) in wanted.iter().zip(answers) {
            self.found[place] = Some(found(self.rpc, answer));
        }
    }
}
