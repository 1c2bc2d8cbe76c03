//! One execution in the EVM, and the rules that it follows.

use std::convert::Infallible;

use alloy_consensus::Header;
use alloy_primitives::U256;
use revm::context::result::{EVMError, ExecutionResult, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::database_interface::{EmptyDB, WrapDatabaseRef};
use revm::primitives::eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE;
use revm::primitives::hardfork::SpecId;
use revm::{ExecuteEvm, MainBuilder, MainContext};

use super::state::View;

/// What never changes during a chain's life.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) chain_id: u64,
    /// Prague, or Berlin on a chain without a base fee.
    pub(crate) spec: SpecId,
    pub(crate) gas_limit: u64,
}

/// An error of an execution that never started: the state it reads cannot fail.
pub(crate) type Invalid = EVMError<Infallible>;

impl Rules {
    pub(crate) const fn new(chain_id: u64, base_fee: Option<u64>, gas_limit: u64) -> Self {
        let spec = if base_fee.is_some() {
            SpecId::PRAGUE
        } else {
            SpecId::BERLIN
        };
        Self {
            chain_id,
            spec,
            gas_limit,
        }
    }

    /// Whether blocks have a base fee and EIP-1559 transactions are accepted.
    pub(crate) const fn dynamic_fees(&self) -> bool {
        self.spec.is_enabled_in(SpecId::LONDON)
    }

    /// Executes a transaction of a block, with every check that consensus asks for.
    pub(crate) fn execute(
        &self,
        header: &Header,
        tx: TxEnv,
        view: View<'_>,
    ) -> Result<ResultAndState, Invalid> {
        self.run(self.config(), header, tx, view)
    }

    /// Executes a call that nobody signed: any sender and nonce, and no base fee unless the call
    /// names a price.
    pub(crate) fn simulate(
        &self,
        header: &Header,
        tx: TxEnv,
        view: View<'_>,
    ) -> Result<ExecutionResult, Invalid> {
        let mut config = self.config();
        config.disable_nonce_check = true;
        config.disable_eip3607 = true;
        config.disable_base_fee = tx.gas_price == 0;
        self.run(config, header, tx, view).map(|done| done.result)
    }

    fn run(
        &self,
        config: CfgEnv,
        header: &Header,
        tx: TxEnv,
        view: View<'_>,
    ) -> Result<ResultAndState, Invalid> {
        Context::<BlockEnv, TxEnv, CfgEnv, EmptyDB, _, ()>::mainnet()
            .with_cfg(config)
            .with_block(environment(header))
            .with_db(WrapDatabaseRef(view))
            .build_mainnet()
            .transact(tx)
    }

    fn config(&self) -> CfgEnv {
        CfgEnv::new_with_spec(self.spec).with_chain_id(self.chain_id)
    }
}

fn environment(header: &Header) -> BlockEnv {
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or(0),
        difficulty: header.difficulty,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(
            0,
            BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE,
        )),
        slot_num: 0,
    }
}
