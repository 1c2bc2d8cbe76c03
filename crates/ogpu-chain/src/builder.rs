//! Describing a chain in code.

use std::fmt;

use ogpu_types::{Address, ChainId};
use serde_json::{Value, json};

use crate::{ChainSpec, Contract, SpecError, fields::merge};

/// Collects the description of a chain. Setters never fail: [`build`](Self::build) checks it all.
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ChainSpecBuilder {
    /// The description in the shape of a chain file, so that both are checked by the same rules.
    fields: Value,
}

impl ChainSpecBuilder {
    pub(crate) fn new(id: ChainId) -> Self {
        Self {
            fields: json!({ "chain_id": id }),
        }
    }

    /// The chain's name. Default: that of [`ChainId`], else the number.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.set(json!({ "name": name.into() }))
    }

    /// The JSON-RPC endpoint, `http` or `https`. Needed.
    pub fn rpc_url(self, url: impl Into<String>) -> Self {
        self.set(json!({ "rpc_url": url.into() }))
    }

    /// The JSON-RPC endpoint for subscriptions, `ws` or `wss`. Default: none.
    pub fn ws_url(self, url: impl Into<String>) -> Self {
        self.set(json!({ "ws_url": url.into() }))
    }

    /// The address of a contract. All four are needed.
    pub fn contract(self, contract: Contract, address: Address) -> Self {
        self.set(json!({ "contracts": { contract.key(): address } }))
    }

    /// The address of the contract that keeps the roles. Default: none.
    pub fn manager(self, address: Address) -> Self {
        self.set(json!({ "contracts": { "manager": address } }))
    }

    /// Where files are pinned: the complete address of the POST request. Default: nowhere.
    pub fn pin_url(self, url: impl Into<String>) -> Self {
        self.set(json!({ "services": { "pin_url": url.into() } }))
    }

    /// Where pinned files are read: what precedes the content's id. Default: nowhere.
    pub fn gateway_url(self, url: impl Into<String>) -> Self {
        self.set(json!({ "services": { "gateway_url": url.into() } }))
    }

    /// Where a task's confirmed response can be asked for: what precedes the task's address.
    /// Default: nowhere.
    pub fn management_url(self, url: impl Into<String>) -> Self {
        self.set(json!({ "services": { "management_url": url.into() } }))
    }

    /// The explorer's first page. Default: none.
    pub fn explorer_url(self, url: impl Into<String>) -> Self {
        self.set(json!({ "explorer_url": url.into() }))
    }

    /// The coin's symbol and decimals. Default: OGPU with 18.
    pub fn currency(self, symbol: impl Into<String>, decimals: u8) -> Self {
        self.set(json!({ "currency": { "symbol": symbol.into(), "decimals": decimals } }))
    }

    /// Whether the Vault has the entries that only the main network has. Default: yes.
    pub fn vault_can_cancel_unbonding(self, can: bool) -> Self {
        self.set(json!({ "vault_can_cancel_unbonding": can }))
    }

    /// Checks the description.
    ///
    /// # Errors
    ///
    /// [`SpecError`] for the first field that is missing or not valid.
    pub fn build(self) -> Result<ChainSpec, SpecError> {
        ChainSpec::from_fields(&self.fields)
    }

    fn set(mut self, fields: Value) -> Self {
        merge(&mut self.fields, fields);
        self
    }
}

impl fmt::Debug for ChainSpecBuilder {
    /// Names of the fields alone: a URL that is not checked yet cannot be shown in part.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self
            .fields
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys());
        formatter.write_str("ChainSpecBuilder ")?;
        formatter.debug_set().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;

    fn builder() -> ChainSpecBuilder {
        Contract::ALL.iter().copied().zip(1..).fold(
            ChainSpec::builder(901).rpc_url("http://127.0.0.1:8545"),
            |builder, (contract, byte)| builder.contract(contract, Address::new([byte; 20])),
        )
    }

    #[test]
    fn every_setter_reaches_its_field() {
        let spec = builder()
            .name("devnet")
            .ws_url("ws://ws")
            .manager(Address::new([9; 20]))
            .pin_url("http://pin")
            .gateway_url("http://gateway")
            .management_url("http://management")
            .explorer_url("http://explorer")
            .currency("DEV", 6)
            .vault_can_cancel_unbonding(false)
            .build()
            .unwrap();
        let endpoint = |url| Some(Endpoint::parse(url).unwrap());
        assert_eq!(spec.name(), "devnet");
        assert_eq!(spec.ws_url().cloned(), endpoint("ws://ws"));
        assert_eq!(spec.manager(), Some(Address::new([9; 20])));
        assert_eq!(spec.services().pin_url, endpoint("http://pin"));
        assert_eq!(spec.services().gateway_url, endpoint("http://gateway"));
        assert_eq!(
            spec.services().management_url,
            endpoint("http://management")
        );
        assert_eq!(spec.explorer_url().cloned(), endpoint("http://explorer"));
        assert_eq!(spec.currency().symbol, "DEV");
        assert_eq!(spec.currency().decimals, 6);
        assert!(!spec.vault_can_cancel_unbonding());
        for (contract, byte) in Contract::ALL.iter().copied().zip(1..) {
            assert_eq!(spec.contract(contract), Address::new([byte; 20]));
        }
    }

    #[test]
    fn setters_accept_anything_and_build_refuses_it() {
        let error = builder().rpc_url("nonsense").build().unwrap_err();
        assert_eq!(error.field(), "rpc_url");
        let error = ChainSpec::builder(901)
            .rpc_url("http://h")
            .build()
            .unwrap_err();
        assert_eq!(error.field(), "contracts.nexus");
    }

    #[test]
    fn debug_shows_no_value() {
        let builder = builder().rpc_url("http://host/CANARY");
        assert_eq!(
            format!("{builder:?}"),
            r#"ChainSpecBuilder {"chain_id", "contracts", "rpc_url"}"#
        );
    }
}
