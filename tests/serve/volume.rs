//! A mounted `ConfigMap` or Secret.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Updates it as the kubelet does: a new directory, and a symlink to it renamed over the old one. The files that a reader
/// sees are symlinks through `..data`, and stay as they are.
pub fn project(volume: &Path, version: u32, files: &[(&str, &str)]) {
    let directory = format!("..2026_11_21_{version}");
    fs::create_dir(volume.join(&directory)).unwrap();
    for (name, text) in files {
        fs::write(volume.join(&directory).join(name), text).unwrap();
    }
    let previous = fs::read_link(volume.join("..data"));
    symlink(&directory, volume.join("..data_tmp")).unwrap();
    fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
    match previous {
        Ok(previous) => fs::remove_dir_all(volume.join(previous)).unwrap(),
        Err(_) => {
            for (name, _) in files {
                symlink(Path::new("..data").join(name), volume.join(name)).unwrap();
            }
        }
    }
}
