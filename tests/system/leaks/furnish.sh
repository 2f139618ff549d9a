# Makes the repository that each line of commands.txt runs in: a team of two, two sets, a pull secret, and a branch
# on which a value is another. Values are read from $IN, so that no command here is given one.
export GIT_CONFIG_NOSYSTEM=1
git config --global user.name alice
git config --global user.email alice@example.org
git config --global init.defaultBranch main

rm -r .git
git init -q --template= .
vault keygen -o ../bob.txt >../bob.pub
vault recipient add bob "$(cat ../bob.pub)"
vault group add ops bob
vault set -q web A --stdin <"$IN/first"
vault set -q web B --stdin <"$IN/first"
vault set -q db C --stdin <"$IN/first"
vault pull-secret create -q ci r.example --username u --password-stdin <"$IN/first"
git add -A
git commit -qm furnished
git checkout -qb theirs
vault set -q web A --stdin <"$IN/other"
git commit -qam theirs
git checkout -q main

mkdir -p ../empty/.git
echo '{"apiVersion": "credentialprovider.kubelet.k8s.io/v1", "kind": "CredentialProviderRequest", "image": "r.example/app"}' >../request.json
