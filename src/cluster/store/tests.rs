use serde_json::json;

use super::*;
use crate::engine::facts::PriorityClass;

fn store() -> Store<PriorityClass> {
    Store::default()
}

/// A key, and what is read of an object of that name.
fn entry(namespace: &str, name: &str, value: &Value) -> (Key, Option<PriorityClass>) {
    let key = Key {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let reader = Reader {
        store: Arc::default(),
        read: PriorityClass::from_json,
    };
    let fact = reader.read(&key, &json!({"metadata": {"name": name}, "value": value}));
    (key, fact)
}

fn names(store: &Store<PriorityClass>, namespace: &str) -> Option<Vec<String>> {
    let all = store.all(namespace)?;
    Some(all.iter().map(|class| class.name.clone()).collect())
}

#[test]
fn nothing_is_known_before_the_first_list_and_after_all_is_forgotten() {
    let store = store();
    let (key, fact) = entry("team", "a", &json!(1));
    store.apply(key.clone(), fact);
    assert_eq!(names(&store, "team"), None);
    store.list(Vec::new());
    assert_eq!(names(&store, "team"), Some(Vec::new()), "none is known to be there");
    store.forget();
    assert_eq!(names(&store, "team"), None);
    assert_eq!(store.get("team", "a"), None);
}

#[test]
fn keeps_each_namespace_apart_in_the_order_of_names() {
    let store = store();
    store.list(vec![entry("team", "b", &json!(2)), entry("other", "a", &json!(1))]);
    assert_eq!(names(&store, "team"), Some(vec!["b".to_owned()]));
    let (key, fact) = entry("team", "a", &json!(1));
    store.apply(key.clone(), fact);
    assert_eq!(names(&store, "team"), Some(vec!["a".to_owned(), "b".to_owned()]));
    store.delete(&key);
    assert_eq!(names(&store, "team"), Some(vec!["b".to_owned()]));
    assert_eq!(store.get("other", "a").unwrap().value, 1);
    assert_eq!(store.get("other", "b"), None);
}

#[test]
fn one_object_that_is_not_understood_makes_its_namespace_unknown() {
    let store = store();
    store.list(vec![
        entry("team", "a", &json!(1)),
        entry("team", "b", &json!("high")),
        entry("other", "a", &json!(1)),
    ]);
    assert_eq!(names(&store, "team"), None);
    assert!(store.get("team", "a").is_some());
    assert_eq!(names(&store, "other"), Some(vec!["a".to_owned()]));

    let (key, fact) = entry("team", "b", &json!(2));
    store.apply(key, fact);
    assert_eq!(names(&store, "team"), Some(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn the_version_grows_with_changes_only() {
    let store = store();
    let mut version = store.version();
    let mut grows = |change: &dyn Fn()| {
        change();
        store.version() > std::mem::replace(&mut version, store.version())
    };
    let (key, fact) = entry("team", "a", &json!(1));
    let listed = || vec![(key.clone(), fact.clone())];
    assert!(grows(&|| store.list(listed())));
    assert!(!grows(&|| store.list(listed())));
    assert!(!grows(&|| store.apply(key.clone(), fact.clone())));
    assert!(grows(&|| store.apply(key.clone(), None)));
    assert!(grows(&|| store.delete(&key)));
    assert!(!grows(&|| store.delete(&key)));
    assert!(grows(&|| store.forget()));
    assert!(!grows(&|| store.forget()));
}
