//! The mutations, from policies as people write them to pods as the API server gets them.

mod pod_template;
