//! Many sets become one: selection, names, and who wins between sets.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

use super::error::{EnvError, Refused, Selection, Warning};
use super::options::{Names, Options};
use crate::model::{KeyName, Pattern, SecretValue, SetName, is_refused_env};

/// The keys that were selected, each under the name of the variable it becomes, sorted by it.
pub(super) type Merged<'a> = Vec<(EnvName<'a>, Chosen<'a>)>;

/// The value that won a key.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) set: &'a SetName,
    pub(super) key: &'a KeyName,
    pub(super) value: &'a SecretValue,
    /// Two sets that differ in this key, the later one second.
    pub(super) conflict: Option<(&'a SetName, &'a SetName)>,
}

impl Chosen<'_> {
    /// Takes the place of the value, and keeps in mind where a different one stood.
    fn give_way_to(&mut self, later: Self) {
        let differs = !self.value.same_as(later.value);
        let conflict = if differs { Some((self.set, later.set)) } else { self.conflict };
        *self = Self { conflict, ..later };
    }

    pub(super) fn warning(&self) -> Option<Warning> {
        let (first, second) = self.conflict?;
        let (first, second) = (first.clone(), second.clone());
        Some(Warning::Conflict { key: self.key.clone(), first, second })
    }
}

/// Selects and names the keys; of two sets with one key, the later wins.
pub(super) fn merge<'a, E>(
    layers: impl IntoIterator<Item = (&'a SetName, E)>,
    options: &Options,
) -> Result<Merged<'a>, EnvError>
where
    E: IntoIterator<Item = (&'a KeyName, &'a SecretValue)>,
{
    let mut selector = Selector::new(options);
    let mut merged = Merged::new();
    for (set, entries) in layers {
        let entries = entries.into_iter();
        merged.reserve(entries.size_hint().0);
        for (key, value) in entries {
            if selector.selects(key) {
                let chosen = Chosen { set, key, value, conflict: None };
                merged.push((EnvName::from(options.prefix.name(key)), chosen));
            }
        }
    }
    selector.every_pattern_fits_a_key()?;
    // Stable, so of one name the later layer comes later; and quick, for every layer is sorted.
    merged.sort_by(|(a, _), (b, _)| a.cmp(b));
    merged.dedup_by(|(name, later), (kept, chosen)| {
        let same = name == kept;
        if same {
            chosen.give_way_to(*later);
        }
        same
    });
    Ok(merged)
}

/// Refuses names that make programs run code, and warns of those that a shell cannot hold.
pub(super) fn check_names<'m, 'a: 'm>(
    named: impl IntoIterator<Item = &'m (EnvName<'a>, Chosen<'a>)>,
    options: &Options,
) -> Result<Option<Warning>, EnvError> {
    let allowed: BTreeSet<_> = options.allowed.iter().map(EnvName::of).collect();
    let (mut refused, mut odd) = (Vec::new(), Vec::new());
    for (env_name, Chosen { set, key, .. }) in named {
        let name = env_name.as_os_str().to_string_lossy();
        if is_refused_env(&name) && !allowed.contains(env_name) {
            let (set, key) = ((*set).clone(), (*key).clone());
            refused.push(Refused { set, key, name: name.into_owned() });
        } else if name.contains('-') || name.starts_with(|c: char| c.is_ascii_digit()) {
            odd.push(name.into_owned());
        }
    }
    if !refused.is_empty() {
        return Err(EnvError::Refused(refused));
    }
    match options.names {
        _ if odd.is_empty() => Ok(None),
        Names::Any => Ok(Some(Warning::NotShellIdentifiers(odd))),
        Names::ShellOnly => Err(EnvError::NotShellIdentifiers(odd)),
    }
}

/// `--only` and `--except`, and which of their patterns have fitted a key so far.
struct Selector<'o> {
    only: Vec<(&'o Pattern, Fitted)>,
    except: Vec<(&'o Pattern, Fitted)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fitted {
    No,
    Yes,
}

impl<'o> Selector<'o> {
    fn new(options: &'o Options) -> Self {
        let unused = |patterns: &'o [Pattern]| patterns.iter().map(|p| (p, Fitted::No)).collect();
        Self { only: unused(&options.only), except: unused(&options.except) }
    }

    fn selects(&mut self, key: &KeyName) -> bool {
        // Both are asked about every key: `--except` has done its work on keys left out anyhow.
        let (only, except) = (fits(&mut self.only, key), fits(&mut self.except, key));
        (self.only.is_empty() || only == Fitted::Yes) && except == Fitted::No
    }

    fn every_pattern_fits_a_key(self) -> Result<(), EnvError> {
        for (selection, patterns) in
            [(Selection::Only, self.only), (Selection::Except, self.except)]
        {
            if let Some((pattern, _)) = patterns.iter().find(|(_, fitted)| *fitted == Fitted::No) {
                return Err(EnvError::NoMatch { selection, pattern: (*pattern).clone() });
            }
        }
        Ok(())
    }
}

/// Whether one of the patterns fits; every one that does is marked.
fn fits(patterns: &mut [(&Pattern, Fitted)], key: &KeyName) -> Fitted {
    let mut any = Fitted::No;
    for (pattern, fitted) in patterns {
        if pattern.matches(key) {
            (any, *fitted) = (Fitted::Yes, Fitted::Yes);
        }
    }
    any
}

/// The name of a variable, compared as the system compares it: Windows knows no case.
#[derive(Clone)]
pub(super) struct EnvName<'a>(Cow<'a, OsStr>);

impl<'a> EnvName<'a> {
    pub(super) fn of(name: &'a (impl AsRef<OsStr> + ?Sized)) -> Self {
        Self(Cow::Borrowed(name.as_ref()))
    }

    pub(super) fn owned(name: OsString) -> Self {
        Self(Cow::Owned(name))
    }

    pub(super) fn of_key(key: &'a KeyName) -> Self {
        Self::of(key.as_str())
    }

    pub(super) fn with_suffix(&self, suffix: &str) -> Self {
        let mut name = self.0.clone().into_owned();
        name.push(suffix);
        Self::owned(name)
    }

    pub(super) fn as_os_str(&self) -> &OsStr {
        &self.0
    }
}

impl<'a> From<Cow<'a, str>> for EnvName<'a> {
    fn from(name: Cow<'a, str>) -> Self {
        match name {
            Cow::Borrowed(name) => Self::of(name),
            Cow::Owned(name) => Self::owned(name.into()),
        }
    }
}

impl Ord for EnvName<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if !cfg!(windows) {
            return self.0.cmp(&other.0);
        }
        let folded = |name: &Self| name.0.to_ascii_uppercase();
        folded(self).cmp(&folded(other))
    }
}

impl PartialOrd for EnvName<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for EnvName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for EnvName<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::fixture::Sets;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// `NAME=set` of each variable.
    fn merged(sets: &Sets, options: &Options) -> Result<Vec<String>, EnvError> {
        let merged = merge(sets.layers(), options)?;
        let show = |(name, chosen): &(EnvName<'_>, Chosen<'_>)| {
            format!("{}={}", name.as_os_str().display(), chosen.set)
        };
        Ok(merged.iter().map(show).collect())
    }

    fn names(keys: &[&str], options: &Options) -> Result<Option<Warning>, EnvError> {
        let entries: Vec<_> = keys.iter().map(|key| (*key, "value")).collect();
        let sets = Sets::of(&[("web", &entries)]);
        check_names(&merge(sets.layers(), options).unwrap(), options)
    }

    #[test]
    fn later_sets_win() {
        let sets = Sets::of(&[("a", &[("X", "1"), ("Y", "1")]), ("b", &[("Y", "2"), ("Z", "2")])]);
        assert_eq!(merged(&sets, &Options::default()).unwrap(), ["X=a", "Y=b", "Z=b"]);
    }

    #[test]
    fn two_sets_conflict_only_where_their_values_differ() {
        let conflict = |values: &[(&str, &str)]| {
            let entries: Vec<_> =
                values.iter().map(|(set, value)| (*set, [("K", *value)])).collect();
            let layers: Vec<_> = entries.iter().map(|(set, entry)| (*set, &entry[..])).collect();
            let sets = Sets::of(&layers);
            let options = Options::default();
            let merged = merge(sets.layers(), &options).unwrap();
            let conflict = merged[0].1.conflict;
            conflict.map(|(first, second)| format!("{first} {second}"))
        };
        assert_eq!(conflict(&[("a", "1"), ("b", "1")]), None);
        assert_eq!(conflict(&[("a", "1"), ("a", "1")]), None);
        assert_eq!(conflict(&[("a", "1"), ("b", "2")]).unwrap(), "a b");
        assert_eq!(conflict(&[("a", "1"), ("b", "2"), ("c", "2")]).unwrap(), "a b");
        assert_eq!(conflict(&[("a", "1"), ("b", "2"), ("c", "1")]).unwrap(), "b c");
    }

    #[test]
    fn only_and_except_select_by_key_before_the_prefix_is_put_on() {
        let sets = Sets::of(&[("a", &[("DB_HOST", ""), ("DB_PASS", ""), ("TOKEN", "")])]);
        let selected = |only: &[&str], except: &[&str]| {
            let (only, except) = (patterns(only), patterns(except));
            let prefix = "P_".parse().unwrap();
            merged(&sets, &Options { only, except, prefix, ..Options::default() }).unwrap()
        };
        assert_eq!(selected(&["DB_*"], &[]), ["P_DB_HOST=a", "P_DB_PASS=a"]);
        assert_eq!(selected(&[], &["DB_*"]), ["P_TOKEN=a"]);
        assert_eq!(selected(&["DB_*", "*PASS"], &["*_PASS"]), ["P_DB_HOST=a"]);
        assert_eq!(selected(&["TOKEN"], &["DB_*"]), ["P_TOKEN=a"]);
        assert!(selected(&["*"], &["*"]).is_empty());
    }

    #[test]
    fn a_pattern_that_fits_nothing_is_an_error_that_names_it() {
        let sets = Sets::of(&[("a", &[("TOKEN", "")])]);
        let (only, except) = (patterns(&["TOKEN", "TOKN"]), vec![]);
        let error = merged(&sets, &Options { only, except, ..Options::default() }).unwrap_err();
        assert_eq!(error.to_string(), "--only `TOKN` fits no key of the sets");
        let (only, except) = (patterns(&["*"]), patterns(&["P_*"]));
        let error = merged(&sets, &Options { only, except, ..Options::default() }).unwrap_err();
        assert_eq!(error.to_string(), "--except `P_*` fits no key of the sets");
    }

    #[test]
    fn names_that_run_code_are_refused_all_at_once() {
        let error = names(&["LD_PRELOAD", "OK", "PATH"], &Options::default()).unwrap_err();
        assert!(error.to_string().ends_with(": LD_PRELOAD (set web), PATH (set web)"), "{error}");
    }

    #[test]
    fn a_name_that_runs_code_is_passed_when_allowed_by_its_full_name() {
        let allow = |names: &[&str]| {
            let allowed = names.iter().map(ToString::to_string).collect();
            Options { allowed, ..Options::default() }
        };
        assert_eq!(names(&["LD_PRELOAD"], &allow(&["LD_PRELOAD"])), Ok(None));
        assert!(names(&["LD_PRELOAD"], &allow(&["LD_*"])).is_err());
        assert!(names(&["LD_PRELOAD", "PATH"], &allow(&["PATH"])).is_err());
    }

    #[test]
    fn names_are_checked_with_their_prefix() {
        let prefixed =
            |prefix: &str| Options { prefix: prefix.parse().unwrap(), ..Options::default() };
        assert_eq!(names(&["PATH"], &prefixed("APP_")), Ok(None));
        assert!(matches!(names(&["PRELOAD"], &prefixed("LD_")), Err(EnvError::Refused(_))));
        assert_eq!(names(&["1X"], &prefixed("A_")), Ok(None));
        let odd = Warning::NotShellIdentifiers(vec!["9X".into()]);
        assert_eq!(names(&["X"], &prefixed("9")), Ok(Some(odd)));
    }

    #[test]
    fn names_no_shell_can_hold_earn_one_warning_or_an_error_if_asked() {
        let odd = vec!["1X".to_owned(), "my-key".to_owned()];
        let warning = names(&["my-key", "OK", "1X"], &Options::default()).unwrap();
        assert_eq!(warning, Some(Warning::NotShellIdentifiers(odd.clone())));
        let strict = Options { names: Names::ShellOnly, ..Options::default() };
        assert_eq!(
            names(&["my-key", "OK", "1X"], &strict),
            Err(EnvError::NotShellIdentifiers(odd))
        );
        assert_eq!(names(&["OK", "_a1"], &strict), Ok(None));
    }

    #[test]
    fn names_that_differ_in_case_are_two_except_on_windows() {
        assert_eq!(EnvName::of("Path") == EnvName::of("PATH"), cfg!(windows));
    }
}
