# A Nomad client's configuration: the docker driver asks vault for every image's credentials. `docker-credential-vault`
# and `vault` are on the PATH of the Nomad client, which finds the vault by VAULT_DIR in its own environment and the
# identity by VAULT_IDENTITY_FILE. With `auth_soft_fail = true`, a job's task may still pull what is public.
plugin "docker" {
  config {
    auth {
      helper = "vault"
    }
  }
}
