//! The environment a command is started with.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use super::MAX_VARIABLE_BYTES;
use super::error::{EnvError, Warning};
use super::files::pick_files;
use super::merge::{Chosen, EnvName, Merged, check_names, merge};
use super::options::{Inherit, OnExisting, Options};
use crate::model::{IDENTITY_VARIABLES, KeyName, SecretValue, SetName};

/// The environment of a command that is about to start.
///
/// It can only be built through every check, and only this layer reads it again: it is handed to
/// [`replace`](super::replace) and to nothing else. Values are borrowed from the opened sets, not
/// copied.
pub struct ChildEnv<'a> {
    vars: BTreeMap<EnvName<'a>, Cow<'a, OsStr>>,
    /// What is passed as a file, under the name of the variable that will say where.
    files: Merged<'a>,
    secrets: Vec<(&'a KeyName, &'a SecretValue)>,
    warnings: Vec<Warning>,
}

impl<'a> ChildEnv<'a> {
    /// Puts the environment together from opened sets, in the order they were named, and the
    /// variables vault was started with.
    ///
    /// `--env` wins over the sets, later sets over earlier ones, and the sets over what is
    /// inherited, unless [`OnExisting::Keep`] turns that round. Names are checked for every key
    /// selected; a value only where it is passed.
    ///
    /// # Errors
    /// Each [`EnvError`] is a reason not to start the command. Those about names tell all of them.
    pub fn build<E>(
        layers: impl IntoIterator<Item = (&'a SetName, E)>,
        inherited: impl IntoIterator<Item = (OsString, OsString)>,
        options: &'a Options,
    ) -> Result<Self, EnvError>
    where
        E: IntoIterator<Item = (&'a KeyName, &'a SecretValue)>,
    {
        let mut merged = merge(layers, options)?;
        let mut env = Self {
            vars: BTreeMap::new(),
            files: Merged::new(),
            secrets: merged.iter().map(|(_, chosen)| (chosen.key, chosen.value)).collect(),
            warnings: Vec::new(),
        };
        // Whoever comes first keeps the name, so the order of these calls is the precedence.
        env.take_overrides(options);
        env.lacks_nothing(&merged, options)?;
        let files = pick_files(&mut merged, options)?;
        env.warnings.extend(check_names(merged.iter().chain(&files), options)?);
        match options.on_existing {
            OnExisting::Replace => {
                env.take_files(files);
                env.take_sets(merged)?;
                env.take_inherited(inherited, options);
            }
            OnExisting::Keep => {
                env.take_inherited(inherited, options);
                env.take_files(files);
                env.take_sets(merged)?;
            }
        }
        Ok(env)
    }

    /// What the person should be told before the command starts.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Each name with its value, in clear.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.vars.iter().map(|(name, value)| (name.as_os_str(), &**value))
    }

    /// Every key that was selected, with its value.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (&'a KeyName, &'a SecretValue)> {
        self.secrets.iter().copied()
    }

    /// What is to be written into files, each named as its key, and the variable that will say
    /// where it is.
    pub(super) fn files(&self) -> impl Iterator<Item = (&OsStr, &'a KeyName, &'a [u8])> {
        self.files
            .iter()
            .map(|(name, chosen)| (name.as_os_str(), chosen.key, chosen.value.expose()))
    }

    /// Has the variables say that the files are in this folder.
    pub(super) fn point_to(&mut self, folder: &Path) {
        for (name, Chosen { key, .. }) in &self.files {
            let path = folder.join(key.as_str()).into_os_string();
            self.vars.insert(name.clone(), Cow::Owned(path));
        }
    }

    fn take_overrides(&mut self, options: &'a Options) {
        for pair in options.overrides.iter().rev() {
            let value = Cow::Borrowed(pair.value());
            self.vars.entry(EnvName::of(pair.name())).or_insert(value);
        }
    }

    /// A required key may come from a set or from `--env`, but not by inheritance: it would be
    /// missing on the next machine.
    fn lacks_nothing(&self, merged: &Merged<'_>, options: &Options) -> Result<(), EnvError> {
        let missing = options.required.iter().filter(|key| {
            let name = EnvName::from(options.prefix.name(key));
            let selected = merged.binary_search_by(|(other, _)| other.cmp(&name));
            selected.is_err() && !self.vars.contains_key(&name)
        });
        let missing: BTreeSet<&KeyName> = missing.collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(EnvError::Missing(missing.into_iter().cloned().collect()))
    }

    fn take_files(&mut self, files: Merged<'a>) {
        let passed = files.into_iter().filter(|(name, _)| !self.vars.contains_key(name));
        self.files = passed.collect();
        let conflicts = self.files.iter().filter_map(|(_, chosen)| chosen.warning());
        self.warnings.extend(conflicts);
    }

    fn take_sets(&mut self, merged: Merged<'a>) -> Result<(), EnvError> {
        let mut passed = Vec::with_capacity(merged.len());
        for (name, chosen) in merged {
            if self.vars.contains_key(&name) {
                continue;
            }
            let Chosen { set, key, value, .. } = chosen;
            let at = || (set.clone(), key.clone());
            let bytes = name.as_os_str().len() + 1 + value.len();
            if bytes > MAX_VARIABLE_BYTES {
                let (set, key) = at();
                return Err(EnvError::TooLong { set, key, bytes });
            }
            let value = in_clear(value).map_err(|unfit| {
                let (set, key) = at();
                match unfit {
                    Unfit::Nul => EnvError::Nul { set, key },
                    #[cfg(not(unix))]
                    Unfit::NotText => EnvError::NotText { set, key },
                }
            })?;
            passed.push((name, Cow::Borrowed(value)));
            self.warnings.extend(chosen.warning());
        }
        self.vars.append(&mut passed.into_iter().collect());
        Ok(())
    }

    fn take_inherited(
        &mut self,
        inherited: impl IntoIterator<Item = (OsString, OsString)>,
        options: &Options,
    ) {
        let mut never: BTreeSet<_> = IDENTITY_VARIABLES.map(EnvName::of).into();
        // A program that finds both KEY and KEY_FILE would have to choose, and some refuse.
        never.extend(options.files.iter().map(|file| options.prefix.name(&file.key).into()));
        let passed: Option<BTreeSet<_>> = match &options.inherit {
            Inherit::All => None,
            Inherit::Pristine { pass } => Some(pass.iter().map(EnvName::of).collect()),
        };
        for (name, value) in inherited {
            let name = EnvName::owned(name);
            if !never.contains(&name) && passed.as_ref().is_none_or(|names| names.contains(&name)) {
                self.vars.entry(name).or_insert(Cow::Owned(value));
            }
        }
    }
}

impl fmt::Debug for ChildEnv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildEnv").field("len", &self.vars.len()).finish_non_exhaustive()
    }
}

/// Why a value cannot be a variable.
enum Unfit {
    Nul,
    #[cfg(not(unix))]
    NotText,
}

/// What a variable cannot hold is found out here, where its value is seen.
fn in_clear(value: &SecretValue) -> Result<&OsStr, Unfit> {
    let bytes = value.expose();
    if bytes.contains(&0) {
        return Err(Unfit::Nul);
    }
    #[cfg(unix)]
    let text = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    #[cfg(not(unix))]
    let text = OsStr::new(std::str::from_utf8(bytes).map_err(|_| Unfit::NotText)?);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::fixture::Sets;
    use crate::exec::{Pair, Refused};

    fn text(env: &ChildEnv<'_>) -> Vec<String> {
        env.pairs().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
    }

    fn built(sets: &Sets, inherited: &[(&str, &str)], options: &Options) -> Vec<String> {
        text(&ChildEnv::build(sets.layers(), pairs(inherited), options).unwrap())
    }

    fn error(sets: &Sets, options: &Options) -> EnvError {
        ChildEnv::build(sets.layers(), [], options).unwrap_err()
    }

    fn pairs(texts: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        texts.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn overrides(texts: &[&str]) -> Options {
        let overrides =
            texts.iter().map(|text| Pair::try_from(OsStr::new(text)).unwrap()).collect();
        Options { overrides, ..Options::default() }
    }

    fn keys(names: &[&str]) -> Vec<KeyName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn a_key_wins_over_what_is_inherited_unless_told_otherwise() {
        let sets = Sets::of(&[("a", &[("K", "set"), ("L", "set")])]);
        let inherited = [("K", ""), ("OTHER", "o")];
        let mut options = Options::default();
        assert_eq!(built(&sets, &inherited, &options), ["K=set", "L=set", "OTHER=o"]);
        options.on_existing = OnExisting::Keep;
        assert_eq!(built(&sets, &inherited, &options), ["K=", "L=set", "OTHER=o"]);
    }

    #[test]
    fn what_is_given_with_env_wins_over_all_and_the_last_of_it_over_the_rest() {
        let sets = Sets::of(&[("a", &[("K", "set")])]);
        let mut options = overrides(&["K=one", "K=two", "NEW="]);
        for on_existing in [OnExisting::Replace, OnExisting::Keep] {
            options.on_existing = on_existing;
            assert_eq!(built(&sets, &[("K", "old")], &options), ["K=two", "NEW="]);
        }
    }

    #[test]
    fn what_is_given_with_env_may_have_a_name_that_sets_may_not_use() {
        let sets = Sets::of(&[("a", &[("K", "set")])]);
        assert_eq!(built(&sets, &[], &overrides(&["PATH=/bin"])), ["K=set", "PATH=/bin"]);
        let sets = Sets::of(&[("a", &[("PATH", "set")])]);
        let refused = Refused {
            set: "a".parse().unwrap(),
            key: keys(&["PATH"]).remove(0),
            name: "PATH".into(),
        };
        assert_eq!(error(&sets, &overrides(&["PATH=/bin"])), EnvError::Refused(vec![refused]));
    }

    #[test]
    fn a_pristine_environment_holds_only_what_is_passed_by_name() {
        let sets = Sets::of(&[("a", &[("K", "set")])]);
        let pass = ["TERM", "ABSENT", "VAULT_IDENTITY"].map(OsString::from).to_vec();
        let options = Options { inherit: Inherit::Pristine { pass }, ..Options::default() };
        let inherited = [("TERM", "vt100"), ("HOME", "/h"), ("VAULT_IDENTITY", "canary")];
        assert_eq!(built(&sets, &inherited, &options), ["K=set", "TERM=vt100"]);
    }

    #[test]
    fn identities_are_never_inherited_and_other_variables_of_like_name_are() {
        let sets = Sets::of::<&str>(&[]);
        let inherited = [
            ("VAULT_ADDR", "https://vault"),
            ("VAULT_DIR", "/d"),
            ("VAULT_IDENTITY", "canary"),
            ("VAULT_IDENTITY_COMMAND", "canary"),
            ("VAULT_IDENTITY_FILE", "canary"),
            ("VAULT_IDENTITY_X", "x"),
            ("VAULT_TOKEN", "t"),
        ];
        let kept =
            ["VAULT_ADDR=https://vault", "VAULT_DIR=/d", "VAULT_IDENTITY_X=x", "VAULT_TOKEN=t"];
        assert_eq!(built(&sets, &inherited, &Options::default()), kept);
    }

    #[test]
    fn of_an_inherited_name_that_stands_twice_the_first_is_kept_as_getenv_reads_it() {
        let sets = Sets::of::<&str>(&[]);
        assert_eq!(built(&sets, &[("A", "1"), ("A", "2")], &Options::default()), ["A=1"]);
    }

    #[test]
    fn every_required_key_that_is_missing_is_told_in_one_error() {
        let sets = Sets::of(&[("a", &[("HERE", ""), ("LEFT_OUT", "")])]);
        let mut options = overrides(&["P_GIVEN=x"]);
        options.prefix = "P_".parse().unwrap();
        options.except = vec!["LEFT*".parse().unwrap()];
        options.required = keys(&["HERE", "GIVEN"]);
        assert_eq!(built(&sets, &[], &options), ["P_GIVEN=x", "P_HERE="]);
        options.required = keys(&["Z", "HERE", "LEFT_OUT", "A", "Z"]);
        assert_eq!(error(&sets, &options).to_string(), "required and not there: A, LEFT_OUT, Z");
    }

    #[test]
    fn a_required_key_is_not_there_just_because_a_variable_is_inherited() {
        let sets = Sets::of::<&str>(&[]);
        let options = Options { required: keys(&["K"]), ..Options::default() };
        let env = ChildEnv::build(sets.layers(), pairs(&[("K", "x")]), &options);
        assert_eq!(env.unwrap_err(), EnvError::Missing(keys(&["K"])));
    }

    #[test]
    fn a_nul_is_refused_by_name() {
        let error = error(&Sets::of(&[("web", &[("K", "can\0ary")])]), &Options::default());
        assert_eq!(error.to_string(), "K of set web holds a NUL, which no variable can");
        assert_eq!(error.hint().unwrap(), "`--file K` passes it as a file");
        assert!(!format!("{error:?}").contains("ary"));
    }

    #[test]
    fn a_variable_has_131071_bytes_at_most_with_its_name_and_prefix() {
        let options = Options { prefix: "P_".parse().unwrap(), ..Options::default() };
        let longest = "v".repeat(131_071 - "P_KEY=".len());
        let sets = Sets::of(&[("web", &[("KEY", &longest)])]);
        assert_eq!(built(&sets, &[], &options)[0].len(), MAX_VARIABLE_BYTES);
        let error = error(&Sets::of(&[("web", &[("KEY", longest + "v")])]), &options);
        let words =
            "KEY of set web makes a variable of 131072 bytes, and 131071 is the most there can be";
        assert_eq!(error.to_string(), words);
    }

    #[test]
    fn a_value_that_is_not_passed_is_neither_checked_nor_warned_of() {
        let sets = Sets::of(&[("a", &[("K", "1")]), ("b", &[("K", "\0")])]);
        let options = overrides(&["K=given"]);
        let env = ChildEnv::build(sets.layers(), [], &options).unwrap();
        assert_eq!(env.warnings(), []);
        assert_eq!(text(&env), ["K=given"]);
    }

    #[test]
    fn a_conflict_names_the_key_and_both_sets_and_no_value() {
        let sets = Sets::of(&[("a", &[("K", "canary1")]), ("b", &[("K", "canary2")])]);
        let options = Options::default();
        let env = ChildEnv::build(sets.layers(), [], &options).unwrap();
        let [warning] = env.warnings() else { panic!("{:?}", env.warnings()) };
        assert_eq!(warning.to_string(), "sets a and b differ in K; that of b is passed");
    }

    #[test]
    fn debug_shows_no_value() {
        let sets = Sets::of(&[("a", &[("K", "canary")])]);
        let options = overrides(&["L=canary"]);
        let env = ChildEnv::build(sets.layers(), pairs(&[("M", "canary")]), &options).unwrap();
        assert_eq!(format!("{env:?}"), "ChildEnv { len: 3, .. }");
        assert!(!format!("{options:?}").contains("canary"));
    }
}
