//! How a program asks docker's configuration for credentials, by way of the crate that
//! testcontainers and others use: `ask_credentials SERVER`, with vault named in `credHelpers`.

use std::io::Write;

use docker_credential::DockerCredential;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).ok_or("which server?")?;
    let text = match docker_credential::get_credential(&server)? {
        DockerCredential::UsernamePassword(user, password) => format!("{user} {password}\n"),
        DockerCredential::IdentityToken(_) => "an identity token\n".to_owned(),
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
