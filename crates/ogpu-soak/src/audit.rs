//! What is on chain, compared with what the callers have heard.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail};
use ogpu_client::Wei;
use ogpu_devnet::Devnet;
use serde_json::{Value, json};

use crate::{
    intent::{self, Account},
    network::{DEPOSIT, Network},
    node::{Node, address, number, quantity, selector, topic, word_of, words},
    progress::News,
};

/// What the audit has found.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) tasks_on_chain: usize,
    /// Transactions that only filled a hole in an account's nonces.
    pub(crate) fills: usize,
    pub(crate) discrepancies: Vec<String>,
}

/// A task on chain.
struct Task {
    address: String,
    transaction: String,
}

/// A transaction of one of the accounts, in a block.
struct Mined {
    nonce: u64,
    hash: String,
    is_fill: bool,
}

pub(crate) async fn run(
    network: &Network,
    node: &Node,
    tasks: u64,
    ended: &HashMap<u64, &News>,
) -> Result<Audit> {
    let mut audit = Audit::default();
    let head = quantity(&node.call("eth_blockNumber", json!([])).await?)?;
    let on_chain = audit.tasks(network, node, head).await?;
    audit.compare(tasks, &on_chain, ended);
    let mined = mined(node, head, &network.accounts).await?;
    for (index, account) in (0..).zip(&network.accounts) {
        let mined = &mined[&lower(account)];
        let own: Vec<u64> = on_chain
            .keys()
            .copied()
            .filter(|number| intent::account_of(*number) == index)
            .collect();
        audit.nonces(node, account, mined, own.len()).await?;
        audit.vault(network, node, account, &own).await?;
    }
    Ok(audit)
}

/// How often each intent is on chain.
pub(crate) async fn count(network: &Network, node: &Node) -> Result<BTreeMap<u64, usize>> {
    let head = quantity(&node.call("eth_blockNumber", json!([])).await?)?;
    let on_chain = Audit::default().tasks(network, node, head).await?;
    Ok(on_chain
        .into_iter()
        .map(|(number, tasks)| (number, tasks.len()))
        .collect())
}

fn lower(account: &Account) -> String {
    account.address.to_string().to_lowercase()
}

impl Audit {
    fn wrong(&mut self, what: String) {
        self.discrepancies.push(what);
    }

    /// Every task that Nexus has announced, by the intent that its payment names.
    async fn tasks(
        &mut self,
        network: &Network,
        node: &Node,
        head: u64,
    ) -> Result<BTreeMap<u64, Vec<Task>>> {
        let filter = json!([{
            "fromBlock": "0x0",
            "toBlock": format!("{head:#x}"),
            "address": network.devnet.contracts().nexus,
            "topics": [topic("TaskPublished(address,address)")],
        }]);
        let logs = node.call("eth_getLogs", filter).await?;
        let logs = logs.as_array().context("no logs")?;
        self.tasks_on_chain = logs.len();
        let mut tasks = Vec::new();
        for log in logs {
            let [task, source] = words(&log["data"])?[..] else {
                bail!("not the two words of TaskPublished");
            };
            if address(&source) != network.source.to_string().to_lowercase() {
                self.wrong(format!("a task of a strange source: {log}"));
            }
            tasks.push(Task {
                address: address(&task),
                transaction: log["transactionHash"]
                    .as_str()
                    .context("no hash")?
                    .to_owned(),
            });
        }
        let params = selector("taskParams()");
        let calls: Vec<(&str, Value)> = tasks
            .iter()
            .map(|task| {
                (
                    "eth_call",
                    json!([{ "to": task.address, "data": params }, "latest"]),
                )
            })
            .collect();
        let mut by_number: BTreeMap<u64, Vec<Task>> = BTreeMap::new();
        for (task, answer) in tasks.into_iter().zip(node.calls(&calls).await?) {
            let answer = words(&answer)?;
            let payment = number(answer.get(3).context("no payment")?)?;
            let Some(number) = intent::number_of(payment) else {
                self.wrong(format!(
                    "task {} pays {payment}, as no intent does",
                    task.address
                ));
                continue;
            };
            let link = text(&answer, 1)?;
            if configured(&network.devnet, &link) != Some(number) {
                self.wrong(format!(
                    "task {} pays as intent {number}, and {link} is not its configuration",
                    task.address
                ));
            }
            by_number.entry(number).or_default().push(task);
        }
        Ok(by_number)
    }

    /// Nothing twice, nothing lost, nothing else.
    fn compare(
        &mut self,
        tasks: u64,
        on_chain: &BTreeMap<u64, Vec<Task>>,
        ended: &HashMap<u64, &News>,
    ) {
        for number in on_chain.keys().copied().filter(|number| *number >= tasks) {
            self.wrong(format!("intent {number} was nobody's"));
        }
        for number in 0..tasks {
            let found = on_chain.get(&number).map_or(&[][..], Vec::as_slice);
            let places: Vec<&str> = found.iter().map(|task| &*task.address).collect();
            if found.len() > 1 {
                self.wrong(format!("intent {number} was published twice: {places:?}"));
            }
            match ended.get(&number) {
                Some(News::Published {
                    task, transaction, ..
                }) => match found.first() {
                    None => self.wrong(format!(
                        "intent {number} was published as {task}, which is not on chain"
                    )),
                    Some(first) => {
                        let (task, transaction) = (
                            task.to_string().to_lowercase(),
                            transaction.to_string().to_lowercase(),
                        );
                        if (&task, &transaction) != (&first.address, &first.transaction) {
                            self.wrong(format!("intent {number} was published as {task} in {transaction}, which on chain is {} in {}", first.address, first.transaction));
                        }
                    }
                },
                Some(News::NotSent { error, .. }) if !found.is_empty() => {
                    self.wrong(format!(
                        "intent {number} was not sent ({error}), and is {places:?}"
                    ));
                }
                Some(News::NotSent { .. }) => {}
                Some(other) => self.wrong(format!("intent {number}: {other:?}")),
                None => self.wrong(format!(
                    "intent {number} was never settled; on chain: {places:?}"
                )),
            }
        }
    }

    /// The nonces have no gap, and nothing waits.
    async fn nonces(
        &mut self,
        node: &Node,
        account: &Account,
        mined: &[Mined],
        tasks: usize,
    ) -> Result<()> {
        let name = account.address;
        for (expected, mined) in (0..).zip(mined) {
            if mined.nonce != expected {
                self.wrong(format!(
                    "{name}: {} has nonce {}, not {expected}",
                    mined.hash, mined.nonce
                ));
            }
        }
        let fills = mined.iter().filter(|mined| mined.is_fill).count();
        self.fills += fills;
        if mined.len() != tasks + fills {
            self.wrong(format!(
                "{name}: {} transactions for {tasks} tasks and {fills} filled holes",
                mined.len()
            ));
        }
        for tag in ["latest", "pending"] {
            let params = json!([account.address, tag]);
            let count = quantity(&node.call("eth_getTransactionCount", params).await?)?;
            if count != mined.len() as u64 {
                self.wrong(format!(
                    "{name}: count {count} at {tag}, with {} in blocks",
                    mined.len()
                ));
            }
        }
        Ok(())
    }

    /// What was deposited is there, and as much of it is frozen as the tasks pay.
    async fn vault(
        &mut self,
        network: &Network,
        node: &Node,
        account: &Account,
        own: &[u64],
    ) -> Result<()> {
        let vault = network.devnet.contracts().vault;
        let word = word_of(&lower(account));
        let mut amounts = Vec::new();
        for signature in ["balanceOf(address)", "frozenPayment(address)"] {
            let data = format!("{}{word}", selector(signature));
            let answer = node
                .call("eth_call", json!([{ "to": vault, "data": data }, "latest"]))
                .await?;
            amounts.push(number(words(&answer)?.first().context("no amount")?)?);
        }
        let frozen: u128 = own
            .iter()
            .map(|number| u128::from(intent::payment(*number)))
            .sum();
        let [balance, held] = amounts[..] else {
            bail!("not two amounts");
        };
        if held != frozen || Wei::from(balance + held) != DEPOSIT {
            self.wrong(format!(
                "{}: the vault has {balance} and holds {held}; {frozen} are due of {DEPOSIT}",
                account.address
            ));
        }
        Ok(())
    }
}

/// The accounts' transactions in all blocks, in the chain's order.
async fn mined(
    node: &Node,
    head: u64,
    accounts: &[Account],
) -> Result<HashMap<String, Vec<Mined>>> {
    let mut by_account: HashMap<String, Vec<Mined>> = accounts
        .iter()
        .map(|account| (lower(account), Vec::new()))
        .collect();
    let calls: Vec<(&str, Value)> = (0..=head)
        .map(|block| ("eth_getBlockByNumber", json!([format!("{block:#x}"), true])))
        .collect();
    for block in node.calls(&calls).await? {
        for transaction in block["transactions"].as_array().context("no block")? {
            let from = transaction["from"]
                .as_str()
                .context("no sender")?
                .to_lowercase();
            let to = transaction["to"].as_str().map(str::to_lowercase);
            if let Some(mined) = by_account.get_mut(&from) {
                mined.push(Mined {
                    nonce: quantity(&transaction["nonce"])?,
                    hash: transaction["hash"].as_str().context("no hash")?.to_owned(),
                    is_fill: to.as_ref() == Some(&from),
                });
            }
        }
    }
    Ok(by_account)
}

/// The string that the word at this place points to.
fn text(words: &[[u8; 32]], place: usize) -> Result<String> {
    let bytes = words.as_flattened();
    let start = usize::try_from(number(words.get(place).context("no text")?)?)?;
    let length = bytes.get(start..start + 32).context("no text")?;
    let length = usize::try_from(number(length.try_into()?)?)?;
    let text = bytes
        .get(start + 32..start + 32 + length)
        .context("no text")?;
    Ok(String::from_utf8(text.to_vec())?)
}

/// The intent that a task's configuration names.
fn configured(devnet: &Devnet, link: &str) -> Option<u64> {
    let content = devnet.services().content(link)?;
    let config: Value = serde_json::from_slice(&content).ok()?;
    config["data"].as_u64()
}

#[cfg(test)]
mod tests {
    use ogpu_client::{Address, TxHash};

    use super::*;

    fn published(place: u8) -> News {
        News::Published {
            task: Address::new([place; 20]).into(),
            transaction: TxHash::new([place; 32]),
            millis: 1,
        }
    }

    fn task(place: u8) -> Task {
        Task {
            address: Address::new([place; 20]).to_string().to_lowercase(),
            transaction: TxHash::new([place; 32]).to_string(),
        }
    }

    fn compared(tasks: Vec<Task>, news: Option<&News>) -> Vec<String> {
        let mut audit = Audit::default();
        let on_chain = (!tasks.is_empty()).then_some((0, tasks));
        let ended = news.map(|news| (0, news));
        audit.compare(
            1,
            &on_chain.into_iter().collect(),
            &ended.into_iter().collect(),
        );
        audit.discrepancies
    }

    #[test]
    fn what_was_told_and_is_there_once_is_right() {
        assert_eq!(compared(vec![task(1)], Some(&published(1))), [""; 0]);
    }

    #[test]
    fn every_other_combination_is_a_discrepancy() {
        let given_up = News::NotSent {
            error: String::new(),
            is_final: true,
        };
        for (tasks, news, part) in [
            (vec![task(1), task(2)], Some(published(1)), "twice"),
            (vec![], Some(published(1)), "not on chain"),
            (vec![task(2)], Some(published(1)), "which on chain is"),
            (vec![task(1)], Some(given_up), "was not sent"),
            (vec![task(1)], None, "never settled"),
        ] {
            let found = compared(tasks, news.as_ref());
            assert!(found.len() == 1 && found[0].contains(part), "{found:?}");
        }
        let mut audit = Audit::default();
        audit.compare(1, &[(7, vec![task(1)])].into(), &HashMap::new());
        assert!(audit.discrepancies[0].contains("nobody's"));
    }
}
