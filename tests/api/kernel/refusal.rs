//! What refusals cost and say: a flood of them neither fills the audit nor tells how the server is built.

use streamflow_tests::{raw, world::World};
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_read_is_the_callers_mistake() {
    let world = World::sqlite().await;
    let owner = world.company("Harrow & Pike").await;
    let path = "/streamflow.client.v1.CustomerService/CreateCustomer";
    // A field that says it is longer than what follows, text that is none, and a wire type that does not exist.
    for bytes in [vec![0x0a, 0xff, 0x01], vec![0x0a, 0x04, 0x1a, 0x02, 0xff, 0xfe], vec![0x0f]] {
        let (code, text) = raw::call(&world.channel, "client", Some(&owner.token), path, bytes).await;
        assert_eq!(code, Code::InvalidArgument);
        assert_eq!(String::from_utf8(text).unwrap(), "The request's message can't be read.");
    }
}
