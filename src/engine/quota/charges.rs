//! What is charged, by the names that quotas have for it.

use std::collections::BTreeMap;

use super::scope::Class;
use crate::engine::quantity::Quantity;

/// Amounts by the names that quotas have for them: `requests.cpu`, `pods`, `count/services`. What is not named is nothing, so two are
/// equal when they charge the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charges(BTreeMap<String, Quantity>);

impl Charges {
    /// The amount of a resource.
    #[must_use]
    pub fn get(&self, resource: &str) -> Quantity {
        self.0.get(resource).copied().unwrap_or_default()
    }

    /// The resources of which there is some, with how much.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Quantity)> {
        self.0.iter().map(|(resource, amount)| (resource.as_str(), *amount))
    }

    /// Whether nothing is charged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds so much of a resource.
    pub fn add(&mut self, resource: &str, amount: Quantity) {
        self.set(resource, self.get(resource) + amount);
    }

    /// Adds so many times what the other charges.
    pub fn add_times(&mut self, other: &Self, times: u32) {
        for (resource, amount) in other.iter() {
            self.add(resource, amount * times);
        }
    }

    /// Charges at least what the other does.
    fn raise(&mut self, other: &Self) {
        for (resource, amount) in other.iter() {
            self.set(resource, self.get(resource).max(amount));
        }
    }

    /// Takes off what the other charges, down to nothing.
    pub fn take_off(&mut self, other: &Self) {
        for (resource, amount) in other.iter() {
            self.set(resource, (self.get(resource) - amount).max(Quantity::default()));
        }
    }

    fn set(&mut self, resource: &str, amount: Quantity) {
        if amount.is_zero() {
            self.0.remove(resource);
        } else if let Some(known) = self.0.get_mut(resource) {
            *known = amount;
        } else {
            self.0.insert(resource.to_owned(), amount);
        }
    }
}

/// Charges, by what quotas' scopes tell apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Class, Charges>);

impl Tally {
    /// The classes of which something is charged.
    pub fn iter(&self) -> impl Iterator<Item = (&Class, &Charges)> {
        self.0.iter()
    }

    /// What is charged of a resource to one class.
    #[must_use]
    pub fn get(&self, class: &Class, resource: &str) -> Quantity {
        self.0
            .get(class)
            .map(|charges| charges.get(resource))
            .unwrap_or_default()
    }

    /// Adds so many times these charges of a class.
    pub fn add_times(&mut self, class: &Class, charges: &Charges, times: u32) {
        self.change(class, |known| known.add_times(charges, times));
    }

    /// Adds what the other charges.
    pub fn add(&mut self, other: &Self) {
        for (class, charges) in other.iter() {
            self.add_times(class, charges, 1);
        }
    }

    /// Charges at least what the other does.
    pub fn raise(&mut self, other: &Self) {
        for (class, charges) in other.iter() {
            self.change(class, |known| known.raise(charges));
        }
    }

    /// Takes off what the other charges, down to nothing.
    pub fn take_off(&mut self, other: &Self) {
        for (class, charges) in other.iter() {
            self.change(class, |known| known.take_off(charges));
        }
    }

    /// The same, with no amount above this one.
    #[must_use]
    pub fn at_most(mut self, most: Quantity) -> Self {
        for charges in self.0.values_mut() {
            for amount in charges.0.values_mut() {
                *amount = (*amount).min(most);
            }
        }
        self
    }

    fn change(&mut self, class: &Class, change: impl FnOnce(&mut Charges)) {
        let mut charges = self.0.remove(class).unwrap_or_default();
        change(&mut charges);
        if !charges.is_empty() {
            self.0.insert(class.clone(), charges);
        }
    }
}
