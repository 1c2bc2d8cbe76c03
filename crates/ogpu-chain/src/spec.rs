//! One chain: where it is reached, and what is deployed on it.

use std::fmt;

use ogpu_types::{Address, ChainId, SourceAddress, TxHash};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use crate::{
    ChainSpecBuilder, Contract, Endpoint, SpecError,
    fields::{Fields, merge},
};

/// The description of one chain.
///
/// It is read and written in the shape of a chain file: `chain_id`, `rpc_url` and `contracts` are
/// needed, `name`, `ws_url`, `services`, `explorer_url`, `currency` and
/// `vault_can_cancel_unbonding` are not, and other keys are ignored. `Display` and `Debug` show no
/// URL beyond its host; serialising writes URLs whole.
///
/// ```
/// use ogpu_chain::{ChainSpec, Contract};
/// use ogpu_types::Address;
///
/// let spec = ChainSpec::builder(901)
///     .name("devnet")
///     .rpc_url("http://127.0.0.1:8545")
///     .contract(Contract::Nexus, Address::new([1; 20]))
///     .contract(Contract::Controller, Address::new([2; 20]))
///     .contract(Contract::Terminal, Address::new([3; 20]))
///     .contract(Contract::Vault, Address::new([4; 20]))
///     .build()?;
/// assert_eq!(spec.contract(Contract::Vault), Address::new([4; 20]));
/// # Ok::<(), ogpu_chain::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainSpec {
    chain_id: ChainId,
    name: String,
    rpc_url: Endpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    ws_url: Option<Endpoint>,
    contracts: Contracts,
    services: Services,
    #[serde(skip_serializing_if = "Option::is_none")]
    explorer_url: Option<Endpoint>,
    currency: Currency,
    vault_can_cancel_unbonding: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Contracts {
    nexus: Address,
    controller: Address,
    terminal: Address,
    vault: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<Address>,
}

/// The services beside a chain. All are optional: a network may do without.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Services {
    /// Where files are pinned: the complete address of the POST request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_url: Option<Endpoint>,
    /// Where pinned files are read: what precedes the content's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_url: Option<Endpoint>,
    /// Where a task's confirmed response can be asked for: what precedes the task's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_url: Option<Endpoint>,
}

/// What a chain's coin is called and into how much it is divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Currency {
    /// The symbol, such as `OGPU`.
    pub symbol: String,
    /// Decimals of one coin: 18 makes 10^18 wei.
    pub decimals: u8,
}

impl Default for Currency {
    /// OGPU with 18 decimals, as on the main network.
    fn default() -> Self {
        Self {
            symbol: "OGPU".to_owned(),
            decimals: 18,
        }
    }
}

impl ChainSpec {
    /// Starts the description of a chain.
    pub fn builder(id: impl Into<ChainId>) -> ChainSpecBuilder {
        ChainSpecBuilder::new(id.into())
    }

    /// The id by which transactions are bound to the chain.
    #[must_use]
    pub const fn id(&self) -> ChainId {
        self.chain_id
    }

    /// The name: the given one, else that of [`ChainId`], else the number.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The JSON-RPC endpoint, `http` or `https`.
    #[must_use]
    pub const fn rpc_url(&self) -> &Endpoint {
        &self.rpc_url
    }

    /// The JSON-RPC endpoint for subscriptions, `ws` or `wss`.
    #[must_use]
    pub const fn ws_url(&self) -> Option<&Endpoint> {
        self.ws_url.as_ref()
    }

    /// The address of a contract.
    #[must_use]
    pub const fn contract(&self, contract: Contract) -> Address {
        match contract {
            Contract::Nexus => self.contracts.nexus,
            Contract::Controller => self.contracts.controller,
            Contract::Terminal => self.contracts.terminal,
            Contract::Vault => self.contracts.vault,
        }
    }

    /// The address of the contract that keeps the roles, where it is published. Where it is not,
    /// the Nexus knows it.
    #[must_use]
    pub const fn manager(&self) -> Option<Address> {
        self.contracts.manager
    }

    /// The services beside the chain.
    #[must_use]
    pub const fn services(&self) -> &Services {
        &self.services
    }

    /// The explorer's first page.
    #[must_use]
    pub const fn explorer_url(&self) -> Option<&Endpoint> {
        self.explorer_url.as_ref()
    }

    /// The chain's coin.
    #[must_use]
    pub const fn currency(&self) -> &Currency {
        &self.currency
    }

    /// Whether the Vault has the entries that only the main network has, for cancelling an
    /// unbonding. Assumed of a chain that does not say.
    #[must_use]
    pub const fn vault_can_cancel_unbonding(&self) -> bool {
        self.vault_can_cancel_unbonding
    }

    /// The explorer's page of an account or contract, or `None` without an explorer.
    #[must_use]
    pub fn address_url(&self, address: Address) -> Option<String> {
        self.explorer_page("address", &address.to_string())
    }

    /// The explorer's page of a transaction, or `None` without an explorer.
    #[must_use]
    pub fn tx_url(&self, hash: TxHash) -> Option<String> {
        self.explorer_page("tx", &hash.to_string())
    }

    /// The explorer's page of a source, or `None` without an explorer.
    #[must_use]
    pub fn source_url(&self, source: impl Into<SourceAddress>) -> Option<String> {
        self.explorer_page("source", &source.into().to_string())
    }

    fn explorer_page(&self, kind: &str, subject: &str) -> Option<String> {
        let explorer = self.explorer_url.as_ref()?;
        Some(explorer.join([kind, subject]).expose().to_owned())
    }

    /// The same chain at another `http` or `https` endpoint.
    pub(crate) fn with_rpc_url(self, rpc_url: Endpoint) -> Self {
        Self { rpc_url, ..self }
    }

    /// The same chain with the fields that are given written over its own.
    pub(crate) fn overridden_by(&self, fields: Value) -> Result<Self, SpecError> {
        let mut merged =
            serde_json::to_value(self).expect("a description has string keys and finite numbers");
        merge(&mut merged, fields);
        Self::from_fields(&merged)
    }

    pub(crate) fn from_fields(value: &Value) -> Result<Self, SpecError> {
        let fields = Fields::outermost(value)?;
        let chain_id = fields.required("chain_id")?;
        let services = fields.table("services")?;
        Ok(Self {
            chain_id,
            name: read_name(fields, chain_id)?,
            rpc_url: read_http(fields, "rpc_url")?.ok_or_else(|| fields.missing("rpc_url"))?,
            ws_url: read_websocket(fields, "ws_url")?,
            contracts: Contracts::from_fields(fields.table("contracts")?)?,
            services: Services {
                pin_url: read_http(services, "pin_url")?,
                gateway_url: read_http(services, "gateway_url")?,
                management_url: read_http(services, "management_url")?,
            },
            explorer_url: read_http(fields, "explorer_url")?,
            currency: fields.optional("currency")?.unwrap_or_default(),
            vault_can_cancel_unbonding: fields
                .optional("vault_can_cancel_unbonding")?
                .unwrap_or(true),
        })
    }
}

impl Contracts {
    fn from_fields(fields: Fields<'_>) -> Result<Self, SpecError> {
        let deployed = |contract: Contract| read_address(fields, contract.key());
        Ok(Self {
            nexus: deployed(Contract::Nexus)?,
            controller: deployed(Contract::Controller)?,
            terminal: deployed(Contract::Terminal)?,
            vault: deployed(Contract::Vault)?,
            manager: fields.optional("manager")?,
        })
    }
}

fn read_address(fields: Fields<'_>, key: &'static str) -> Result<Address, SpecError> {
    let address: Address = fields.required(key)?;
    if address.is_zero() {
        return Err(fields.broken(key, "must not be the zero address"));
    }
    Ok(address)
}

/// A name must find its chain, so it must not be another chain's id or built-in name.
fn read_name(fields: Fields<'_>, chain_id: ChainId) -> Result<String, SpecError> {
    let Some(name) = fields.optional::<String>("name")? else {
        return Ok(chain_id.to_string());
    };
    if name.is_empty() || name.trim() != name {
        return Err(fields.broken("name", "must not be empty or have space around it"));
    }
    if name.parse::<ChainId>().is_ok_and(|id| id != chain_id) {
        return Err(fields.broken("name", "must not be the name or id of another chain"));
    }
    Ok(name)
}

fn read_http(fields: Fields<'_>, key: &'static str) -> Result<Option<Endpoint>, SpecError> {
    match fields.optional::<Endpoint>(key)? {
        Some(url) if url.is_websocket() => Err(fields.broken(key, "must be an http or https URL")),
        url => Ok(url),
    }
}

fn read_websocket(fields: Fields<'_>, key: &'static str) -> Result<Option<Endpoint>, SpecError> {
    match fields.optional::<Endpoint>(key)? {
        Some(url) if !url.is_websocket() => Err(fields.broken(key, "must be a ws or wss URL")),
        url => Ok(url),
    }
}

impl fmt::Display for ChainSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, rpc_url, .. } = self;
        write!(
            formatter,
            "{name} (chain {}) at {rpc_url}",
            self.chain_id.get()
        )
    }
}

impl<'de> Deserialize<'de> for ChainSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_fields(&value).map_err(|error| match error {
            // Serde's errors have no cause of their own, so both go into one line.
            SpecError::Invalid { field, source } => {
                D::Error::custom(format_args!("field `{field}` is not valid: {source}"))
            }
            error => D::Error::custom(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> Value {
        let address = |byte| Address::new([byte; 20]);
        json!({
            "chain_id": 901,
            "rpc_url": "http://127.0.0.1:8545",
            "contracts": {
                "nexus": address(1), "controller": address(2),
                "terminal": address(3), "vault": address(4),
            },
        })
    }

    fn with(over: Value) -> Result<ChainSpec, SpecError> {
        let mut fields = fields();
        merge(&mut fields, over);
        ChainSpec::from_fields(&fields)
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let spec = with(json!({ "ws_url": null, "services": null })).unwrap();
        assert_eq!(spec.id(), ChainId::new(901));
        assert_eq!(spec.name(), "901");
        assert_eq!(spec.ws_url(), None);
        assert_eq!(spec.manager(), None);
        assert_eq!(spec.services(), &Services::default());
        assert_eq!(spec.address_url(Address::ZERO), None);
        assert_eq!(spec.currency(), &Currency::default());
        assert!(spec.vault_can_cancel_unbonding());
    }

    #[test]
    fn the_description_of_a_development_network_is_read() {
        let spec: ChainSpec = serde_json::from_value({
            let mut fields = fields();
            merge(
                &mut fields,
                json!({
                    "ws_url": "ws://127.0.0.1:8546",
                    "contracts": { "manager": Address::new([5; 20]), "later": 1 },
                    "services": { "pin_url": "http://127.0.0.1:1/file/create" },
                    "accounts": [{ "address": "x", "key": "y" }],
                }),
            );
            fields
        })
        .unwrap();
        assert_eq!(spec.ws_url().unwrap().expose(), "ws://127.0.0.1:8546/");
        assert_eq!(spec.manager(), Some(Address::new([5; 20])));
        assert!(spec.services().pin_url.is_some());
        assert!(spec.services().gateway_url.is_none());
    }

    #[test]
    fn a_description_comes_back_from_its_json() {
        let spec = with(json!({ "name": "devnet", "explorer_url": "https://e.org/x" })).unwrap();
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<ChainSpec>(&json).unwrap(), spec);
    }

    #[test]
    fn each_fault_is_reported_with_its_field() {
        let zero = Address::ZERO;
        for (over, field) in [
            (json!({ "chain_id": -1 }), "chain_id"),
            (json!({ "name": "" }), "name"),
            (json!({ "name": " x" }), "name"),
            (json!({ "name": "ogpu_testnet" }), "name"),
            (json!({ "name": "902" }), "name"),
            (json!({ "rpc_url": "ws://host" }), "rpc_url"),
            (json!({ "rpc_url": 8545 }), "rpc_url"),
            (json!({ "ws_url": "http://host" }), "ws_url"),
            (json!({ "contracts": { "vault": zero } }), "contracts.vault"),
            (
                json!({ "contracts": { "nexus": "0x1" } }),
                "contracts.nexus",
            ),
            (
                json!({ "contracts": { "manager": 1 } }),
                "contracts.manager",
            ),
            (json!({ "contracts": [] }), "contracts"),
            (
                json!({ "services": { "pin_url": "ws://h" } }),
                "services.pin_url",
            ),
            (
                json!({ "services": { "gateway_url": "x" } }),
                "services.gateway_url",
            ),
            (json!({ "explorer_url": "ftp://host" }), "explorer_url"),
            (json!({ "currency": { "symbol": "X" } }), "currency"),
            (
                json!({ "vault_can_cancel_unbonding": 1 }),
                "vault_can_cancel_unbonding",
            ),
        ] {
            let error = with(over).unwrap_err();
            assert_eq!(error.field(), field);
            assert!(error.to_string().contains(field), "{error}");
        }
    }

    #[test]
    fn each_needed_field_is_missed_by_name() {
        for field in ["chain_id", "rpc_url"] {
            let mut fields = fields();
            fields[field].take();
            let error = ChainSpec::from_fields(&fields).unwrap_err();
            assert!(matches!(error, SpecError::Missing { field: missed } if missed == field));
        }
        for &contract in Contract::ALL {
            let mut fields = fields();
            fields["contracts"][contract.key()].take();
            let error = ChainSpec::from_fields(&fields).unwrap_err();
            assert_eq!(error.field(), format!("contracts.{}", contract.key()));
        }
        let error = ChainSpec::from_fields(&json!([])).unwrap_err();
        assert!(matches!(error, SpecError::NotTable { .. }));
    }

    #[test]
    fn neither_display_nor_debug_shows_a_credential() {
        let spec = with(json!({
            "rpc_url": "https://u:CANARY@host/CANARY",
            "ws_url": "wss://host/CANARY",
            "services": { "pin_url": "https://host/?key=CANARY" },
        }))
        .unwrap();
        assert_eq!(spec.to_string(), "901 (chain 901) at https://host/…");
        assert!(!format!("{spec:?} {spec:#?}").contains("CANARY"));
    }

    #[test]
    fn explorer_pages_follow_the_first_page() {
        let spec = with(json!({ "explorer_url": "https://e.org/" })).unwrap();
        let one = Address::new([1; 20]);
        assert_eq!(
            spec.address_url(one).unwrap(),
            "https://e.org/address/0x0101010101010101010101010101010101010101"
        );
        assert_eq!(
            spec.source_url(one).unwrap(),
            "https://e.org/source/0x0101010101010101010101010101010101010101"
        );
        assert_eq!(
            spec.tx_url(TxHash::new([0xab; 32])).unwrap(),
            format!("https://e.org/tx/0x{}", "ab".repeat(32))
        );
    }
}
