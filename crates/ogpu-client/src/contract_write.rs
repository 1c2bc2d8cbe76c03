//! The write that most writes are: one call of one of the protocol's contracts.

use futures::future::BoxFuture;
use ogpu_chain::Contract;
use ogpu_contracts::ContractCall;
use ogpu_types::{Address, HexBytes, Receipt, ValidationError, Wei};
use serde_json::json;
use tracing::{Span, field::Empty};

use crate::{
    Client, Error, Role, TransactionRequest, Write,
    refusal::{Subject, explain},
    write::{Description, Operation, WriteContext},
};

/// One call of one of the protocol's contracts, with nothing to upload and the receipt as its result.
#[derive(Debug)]
pub(crate) struct ContractWrite {
    name: &'static str,
    target: Target,
    data: HexBytes,
    value: Wei,
    role: Role,
    subject: Subject,
    /// The only account that the call is meant for, where the contract acts for whoever calls.
    caller: Option<Address>,
    fault: Option<Fault>,
}

/// Where a call goes.
#[derive(Clone, Copy, Debug)]
enum Target {
    Contract(Contract),
    /// Published nowhere but in the nexus.
    Manager,
}

/// What is wrong with a call before anybody is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    ZeroAmount,
    ZeroAddress {
        field: &'static str,
    },
    /// The chain's contracts do not have the function.
    NotOnThisChain {
        function: &'static str,
    },
}

impl ContractWrite {
    /// A call of one of the contracts that a chain's description names, by which the client's key
    /// signs unless another role is set.
    pub(crate) fn new(name: &'static str, contract: Contract, call: impl ContractCall) -> Self {
        Self::of(name, Target::Contract(contract), call)
    }

    /// A call of the manager.
    pub(crate) fn of_manager(name: &'static str, call: impl ContractCall) -> Self {
        Self::of(name, Target::Manager, call)
    }

    fn of(name: &'static str, target: Target, call: impl ContractCall) -> Self {
        Self {
            name,
            target,
            data: call.call_data(),
            value: Wei::ZERO,
            role: Role::Client,
            subject: Subject::default(),
            caller: None,
            fault: None,
        }
    }

    /// Whose key signs where none is given.
    pub(crate) fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// What the call acts on.
    pub(crate) fn about(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    /// Sends this amount along.
    pub(crate) fn value(mut self, value: Wei) -> Self {
        self.value = value;
        self
    }

    /// Refuses every other signer.
    pub(crate) fn only_by(mut self, caller: Address) -> Self {
        self.caller = Some(caller);
        self
    }

    /// Refuses the call, if it has this fault and none before.
    pub(crate) fn refuse_if(mut self, is_faulty: bool, fault: Fault) -> Self {
        if is_faulty {
            self.fault.get_or_insert(fault);
        }
        self
    }

    pub(crate) fn write(self, client: &Client) -> Write<Receipt> {
        Write::new(client, self)
    }

    async fn checked(&self, write: &WriteContext) -> Result<TransactionRequest, Error> {
        let client = &write.client;
        if let Some(fault) = self.fault {
            return Err(fault.error(client));
        }
        let account = write.signer.address();
        if let Some(expected) = self.caller
            && expected != account
        {
            return Err(Error::WrongSigner { account, expected });
        }
        let asking = async {
            client.check_chain().await?;
            self.target.address(client).await
        };
        let to = write
            .before_sending("asking the node for its chain", asking)
            .await?;
        Ok(TransactionRequest::call(to, self.data.clone()).with_value(self.value))
    }
}

impl Operation for ContractWrite {
    type Output = Receipt;

    fn span(&self) -> Span {
        tracing::info_span!(
            "contract_write",
            call = self.name,
            source = self.subject.source.map(tracing::field::display),
            task = self.subject.task.map(tracing::field::display),
            provider = self.subject.provider.map(tracing::field::display),
            account = Empty
        )
    }

    fn describe(&self) -> Description {
        (self.name, json!([self.data, self.value]))
    }

    fn role(&self) -> Role {
        self.role
    }

    fn request<'a>(
        &'a self,
        write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>> {
        Box::pin(self.checked(write))
    }

    fn explain<'a>(&'a self, write: &'a WriteContext, error: Error) -> BoxFuture<'a, Error> {
        let account = write.signer.address();
        Box::pin(explain(&write.client, error, self.subject, account))
    }

    fn finish(&self, _client: &Client, receipt: Receipt) -> Result<Receipt, Error> {
        Ok(receipt)
    }
}

impl Target {
    async fn address(self, client: &Client) -> Result<Address, Error> {
        match self {
            Self::Contract(contract) => Ok(client.contract(contract)),
            Self::Manager => client.manager_address().await,
        }
    }
}

impl Fault {
    fn error(self, client: &Client) -> Error {
        match self {
            Self::ZeroAmount => Error::ZeroAmount,
            Self::ZeroAddress { field } => Error::Invalid {
                source: ValidationError::ZeroAddress { field },
            },
            Self::NotOnThisChain { function } => Error::NotOnThisChain {
                function,
                chain: client.chain().id(),
            },
        }
    }
}
