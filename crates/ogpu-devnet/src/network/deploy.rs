//! The protocol's contracts, deployed by ordinary transactions on whatever chain answers.

use ethers_core::{
    abi::{Token, encode},
    utils::keccak256,
};
use ogpu_client::{Client, Error, Signer, TransactionRequest};
use ogpu_contracts::{ContractCall, manager, nexus, terminal};
use ogpu_types::Address;

use super::artifacts::{Deployed, init_code};

/// Where the protocol's contracts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contracts {
    /// Sources and events.
    pub nexus: Address,
    /// Tasks and confirmations.
    pub controller: Address,
    /// Masters, providers and agents.
    pub terminal: Address,
    /// Money.
    pub vault: Address,
    /// Roles.
    pub manager: Address,
}

/// Deploys the contracts in the order that `contracts/README.md` explains: nine transactions.
///
/// `admin` becomes their owner and administrator; `scheduler` is the agent that every master has
/// until it says otherwise.
pub(super) async fn deploy(
    client: &Client,
    admin: &Signer,
    scheduler: Address,
) -> Result<Contracts, Error> {
    let manager = create(client, admin, Deployed::Manager, &[]).await?;
    let terminal = create(client, admin, Deployed::Terminal, &[manager, scheduler]).await?;
    let nexus = create(client, admin, Deployed::Nexus, &[manager, terminal]).await?;
    let vault = create(client, admin, Deployed::Vault, &[manager, nexus, terminal]).await?;
    let controller = create(
        client,
        admin,
        Deployed::Controller,
        &[nexus, terminal, vault],
    )
    .await?;

    let vault_raw = vault.into();
    call(
        client,
        admin,
        nexus,
        nexus::SetVaultCall { vault: vault_raw },
    )
    .await?;
    call(
        client,
        admin,
        terminal,
        terminal::SetVaultCall { vault: vault_raw },
    )
    .await?;
    for account in [controller, terminal] {
        let grant = manager::GrantRoleCall {
            role: keccak256("CONTROLLER"),
            account: account.into(),
        };
        call(client, admin, manager, grant).await?;
    }
    Ok(Contracts {
        nexus,
        controller,
        terminal,
        vault,
        manager,
    })
}

async fn create(
    client: &Client,
    admin: &Signer,
    contract: Deployed,
    arguments: &[Address],
) -> Result<Address, Error> {
    let arguments: Vec<Token> = arguments
        .iter()
        .map(|address| Token::Address((*address).into()))
        .collect();
    let code = [init_code(contract), encode(&arguments)].concat();
    let receipt = client
        .send_transaction(TransactionRequest::deploy(code))
        .signer(admin)
        .await?;
    let receipt = Box::new(receipt);
    receipt.contract_address.ok_or(Error::MissingEvent {
        event: "contract creation",
        emitter: receipt.from,
        receipt,
    })
}

async fn call(
    client: &Client,
    admin: &Signer,
    to: Address,
    call: impl ContractCall,
) -> Result<(), Error> {
    client
        .send_transaction(TransactionRequest::call(to, call.call_data()))
        .signer(admin)
        .await
        .map(drop)
}
