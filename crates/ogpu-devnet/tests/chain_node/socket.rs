//! A WebSocket client that speaks raw JSON-RPC.

use std::collections::VecDeque;

use serde_json::{Value, json};
use soketto::handshake::{Client, ServerResponse};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};

type Stream = Compat<TcpStream>;

pub(crate) struct Socket {
    sender: soketto::Sender<Stream>,
    receiver: soketto::Receiver<Stream>,
    events: VecDeque<Value>,
}

impl Socket {
    pub(crate) async fn connect(url: &str) -> Self {
        let host = url.strip_prefix("ws://").expect("a WebSocket URL");
        let stream = TcpStream::connect(host).await.expect("the node listens");
        let mut client = Client::new(stream.compat(), host, "/");
        let accepted = client.handshake().await.expect("a WebSocket server");
        assert!(matches!(accepted, ServerResponse::Accepted { .. }));
        let (sender, receiver) = client.into_builder().finish();
        Self {
            sender,
            receiver,
            events: VecDeque::new(),
        }
    }

    /// The next message; none once the connection is closed.
    async fn receive(&mut self) -> Option<Value> {
        let mut message = Vec::new();
        self.receiver.receive_data(&mut message).await.ok()?;
        Some(serde_json::from_slice(&message).expect("a message is JSON"))
    }

    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        self.sender
            .send_text(request.to_string())
            .await
            .expect("an open connection");
        self.sender.flush().await.expect("an open connection");
        loop {
            let message = self.receive().await.expect("an answer");
            if message.get("id").is_some() {
                return message;
            }
            self.events.push_back(message);
        }
    }

    /// Subscribes; answers the subscription's id.
    pub(crate) async fn subscribe(&mut self, params: Value) -> Value {
        let answer = self.request("eth_subscribe", params).await;
        let id = answer["result"].clone();
        assert!(
            id.as_str().is_some_and(|id| id.starts_with("0x")),
            "{answer}"
        );
        id
    }

    /// The next notification as a whole.
    pub(crate) async fn notification(&mut self) -> Value {
        match self.events.pop_front() {
            Some(event) => event,
            None => self.receive().await.expect("a notification"),
        }
    }

    /// What the next notification tells.
    pub(crate) async fn event(&mut self) -> Value {
        let mut notification = self.notification().await;
        assert_eq!(notification["method"], "eth_subscription");
        notification["params"]["result"].take()
    }

    /// Waits until the node closes the connection.
    pub(crate) async fn closed(mut self) {
        while self.receive().await.is_some() {}
    }
}
