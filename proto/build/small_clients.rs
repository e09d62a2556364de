//! Clients for browsers: named and used like those of tonic, but what an RPC adds to the program is its messages alone.

use prost_build::{Method, Service, ServiceGenerator};

/// Writes one module a service, `example_service_client::ExampleServiceClient`.
pub struct SmallClients;

impl ServiceGenerator for SmallClients {
    fn generate(&mut self, service: Service, buf: &mut String) {
        let rpcs: String = service.methods.iter().map(|method| rpc(&service, method)).collect();
        let (module, name) = (snake(&service.name), &service.name);
        buf.push_str(&format!(
            "pub mod {module}_client {{
                #[derive(Clone, Debug)]
                pub struct {name}Client<T>(tonic::client::Grpc<T>);

                impl<T: crate::small_client::Transport> {name}Client<T> {{
                    pub fn new(transport: T) -> Self {{
                        Self(tonic::client::Grpc::new(transport))
                    }}
                    {rpcs}
                }}
            }}\n"
        ));
    }
}

fn rpc(service: &Service, method: &Method) -> String {
    assert!(!method.client_streaming, "{}: browsers can't send streams", method.proto_name);
    let (call, answer) = if method.server_streaming { ("stream", "tonic::Streaming<{}>") } else { ("unary", "{}") };
    let (request, answer) = (seen_inside(&method.input_type), answer.replace("{}", &seen_inside(&method.output_type)));
    format!(
        "pub async fn {}(&mut self, request: impl tonic::IntoRequest<{request}>) -> Result<tonic::Response<{answer}>, tonic::Status> {{
            crate::small_client::{call}(&mut self.0, \"/{}.{}/{}\", request.into_request()).await
        }}\n",
        method.name, service.package, service.proto_name, method.proto_name
    )
}

/// A type as the service's own module names it.
fn seen_inside(message: &str) -> String {
    if message.starts_with("::") { message.to_owned() } else { format!("super::{message}") }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
