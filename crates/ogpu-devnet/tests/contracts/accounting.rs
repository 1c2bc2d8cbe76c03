//! The Vault's books over whole lives of tasks, to the last wei.

use ethers_core::types::U256;
use ogpu_contracts::{
    controller::{CancelTaskCall, ConfirmResponseCall},
    task::GetExpiryTimeCall,
    vault::{ClaimCall, SanctionCall, UnbondCall, WaiveCall, WithdrawCall, WithdrawSanctionOfCall},
};
use ogpu_types::DeliveryMethod;

use crate::support::{Actor, Books, Net, PAYMENT, ether};

/// In seconds; longer than the unbonding period.
const FORTNIGHT: u64 = 14 * 24 * 60 * 60;

#[tokio::test]
async fn each_end_of_a_task_frees_its_own_payment() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let mut tasks = Vec::new();
    for count in 1..=4 {
        let mut params = net.task_params(source).await;
        // Amounts that no others add up to.
        params.payment = (PAYMENT << count).into();
        tasks.push(net.publish_task_of(&net.client, params).await);
    }
    let [cancelled, confirmed, expired, open] = tasks[..] else {
        unreachable!("four were published")
    };
    let [cancelled_pay, confirmed_pay, expired_pay, open_pay] =
        [1, 2, 3, 4].map(|count| U256::from(PAYMENT << count));
    let all = cancelled_pay + confirmed_pay + expired_pay + open_pay;
    net.assert_client_has(ether("10") - all, all).await;

    let call = CancelTaskCall { task: cancelled };
    net.send(&net.client, net.controller, call).await;
    let frozen = all - cancelled_pay;
    net.assert_client_has(ether("10") - frozen, frozen).await;

    net.attempt(confirmed, &net.provider).await;
    let response = net.respond(confirmed, &net.provider, "result").await;
    net.assert_client_has(ether("10") - frozen, frozen).await;
    let call = ConfirmResponseCall { response };
    net.send(&net.client, net.controller, call).await;
    let owned = ether("10") - confirmed_pay;
    let frozen = frozen - confirmed_pay;
    net.assert_client_has(owned - frozen, frozen).await;

    let expiry = net.read(open, GetExpiryTimeCall).await.0;
    net.wait_until(expiry).await;
    net.attempt(expired, &net.provider).await;
    let frozen = frozen - expired_pay;
    net.assert_client_has(owned - frozen, frozen).await;
    assert_eq!(frozen, open_pay);

    let earned = net.books(net.provider.address).await.earnings;
    assert_eq!(earned, confirmed_pay);
}

#[tokio::test]
async fn the_vault_holds_exactly_what_it_owes() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let (provider, rival) = (net.provider.address, net.rival.address);
    let won = net.publish_task(source).await;
    net.attempt(won, &net.provider).await;
    net.respond(won, &net.provider, "result").await;
    net.publish_task(source).await;
    net.assert_solvent().await;

    for account in [provider, rival] {
        let amount = ether("0.5");
        let call = SanctionCall { account, amount };
        net.send(&net.admin, net.vault, call).await;
        let amount = ether("0.25");
        let call = WaiveCall { account, amount };
        net.send(&net.admin, net.vault, call).await;
    }
    let call = WithdrawSanctionOfCall { account: provider };
    net.send(&net.admin, net.vault, call).await;
    net.assert_solvent().await;

    let amount = ether("0.125");
    for account in [&net.provider, &net.rival] {
        net.send(account, net.vault, UnbondCall { amount }).await;
    }
    net.wait(FORTNIGHT).await;
    net.send(&net.provider, net.vault, ClaimCall).await;
    net.assert_solvent().await;

    let amount = amount + PAYMENT;
    net.send(&net.provider, net.vault, WithdrawCall { amount })
        .await;
    assert_eq!(net.books(provider).await.balance, 0.into());
    net.assert_solvent().await;
}

impl Net {
    async fn assert_client_has(&self, balance: U256, frozen: U256) {
        let expected = Books {
            balance,
            frozen,
            ..Books::default()
        };
        assert_eq!(self.books(self.client.address).await, expected);
    }

    async fn assert_solvent(&self) {
        let mut owed = U256::zero();
        for Actor { address, .. } in [&self.client, &self.provider, &self.rival] {
            owed += self.books(*address).await.owed();
        }
        assert_eq!(self.coins(self.vault).await, owed);
    }
}
