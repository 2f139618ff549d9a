//! The kubelet's image credential provider protocol (credentialprovider.kubelet.k8s.io): a request
//! on stdin, a response on stdout.

use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

use super::document::Auth;
use crate::model::plaintext::{collect, json_string};

const GROUP: &str = "credentialprovider.kubelet.k8s.io";

/// How long the kubelet may keep an answer: what is replaced is soon used.
const CACHE: &[u8] = b"10m0s";

/// What the kubelet asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The image, with or without a tag.
    pub image: String,
    version: Version,
}

/// Why a request is not answered. Of what the kubelet sent, a service account's token may be part,
/// so nothing is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidRequest {
    /// Not JSON, or not an object with these fields.
    #[error("stdin is no CredentialProviderRequest: the kubelet writes one there")]
    Malformed,
    /// Another version of the protocol.
    #[error("the request is not of {GROUP}/v1, v1beta1 or v1alpha1")]
    Version,
}

/// What an answer is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every image of the registry.
    Registry,
    /// This image: others there may have other credentials.
    Image,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V1Beta1,
    V1Alpha1,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    api_version: String,
    kind: String,
    image: String,
}

impl Request {
    /// Reads a request. Fields that are not needed, such as a service account's token, are passed
    /// over.
    ///
    /// # Errors
    /// [`InvalidRequest`].
    pub fn parse(input: &[u8]) -> Result<Self, InvalidRequest> {
        let raw: Raw = serde_json::from_slice(input).map_err(|_| InvalidRequest::Malformed)?;
        if raw.kind != "CredentialProviderRequest" {
            return Err(InvalidRequest::Malformed);
        }
        let version = match raw.api_version.strip_prefix(GROUP) {
            Some("/v1") => Version::V1,
            Some("/v1beta1") => Version::V1Beta1,
            Some("/v1alpha1") => Version::V1Alpha1,
            _ => return Err(InvalidRequest::Version),
        };
        Ok(Self { image: raw.image, version })
    }

    /// The response: these credentials, or that there are none.
    pub fn response(&self, auth: Option<&Auth<'_>>, scope: Scope) -> Zeroizing<Vec<u8>> {
        let version = match self.version {
            Version::V1 => "v1",
            Version::V1Beta1 => "v1beta1",
            Version::V1Alpha1 => "v1alpha1",
        };
        collect(|out| {
            out(b"{\"apiVersion\":\"");
            out(GROUP.as_bytes());
            out(b"/");
            out(version.as_bytes());
            out(b"\",\"kind\":\"CredentialProviderResponse\",\"cacheKeyType\":\"");
            out(match scope {
                Scope::Registry => b"Registry",
                Scope::Image => b"Image",
            });
            out(b"\",\"cacheDuration\":\"");
            // What is not there yet may be there with the next attempt.
            out(if auth.is_some() { CACHE } else { b"0s" });
            out(b"\",\"auth\":");
            match auth {
                None => out(b"null"),
                Some(auth) => {
                    out(b"{");
                    // The kubelet compares with the image's own spelling, so no scheme or version.
                    json_string(out, &auth.server().to_string());
                    out(b":{\"username\":");
                    auth.write_username(out);
                    out(b",\"password\":");
                    auth.write_password(out);
                    out(b"}}");
                }
            }
            out(b"}\n");
        })
    }
}
