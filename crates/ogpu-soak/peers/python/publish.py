"""Publishes tasks one after the other with the Python SDK: a column of the fault matrix.

The SDK is not edited: its tables of chains are given the network's addresses before it is used.
"""

import json
import logging
import sys
import time

order = json.loads(sys.argv[1])
logging.basicConfig(level=logging.ERROR)

from ogpu.chain import config  # noqa: E402

CHAIN = config.ChainId.OGPU_TESTNET
config.CHAIN_RPC_URLS[CHAIN] = order["rpc"]
config.ChainConfig.CHAIN_CONTRACTS[CHAIN] = {
    name.upper(): order[name] for name in ("nexus", "controller", "terminal", "vault")
}
config.ChainConfig.set_chain(CHAIN)

import ogpu.ipfs.publish as pinning  # noqa: E402

pinning._IPFS_PUBLISH_URL = order["pin"]

from ogpu.client import TaskInfo, TaskInput, publish_task  # noqa: E402

for number in range(order["tasks"]):
    started = time.monotonic()
    error = ""
    try:
        publish_task(
            TaskInfo(
                source=order["source"],
                config=TaskInput(function_name="soak", data=number),
                expiryTime=order["expiry"],
                payment=order["payment"] + number,
            ),
            private_key=order["key"],
        )
    except Exception as failure:  # whatever it is, it is what the caller hears
        error = f"{type(failure).__name__}: {failure}"
    line = {
        "number": number,
        "ok": not error,
        "millis": round(1000 * (time.monotonic() - started)),
        "error": error,
    }
    print(json.dumps(line), flush=True)
    if error:
        # As somebody does who has just seen a failure.
        time.sleep(0.5)
