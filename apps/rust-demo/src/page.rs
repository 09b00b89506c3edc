//! Owns the document: the only file that knows it.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlInputElement, UrlSearchParams, Window};

fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

fn document() -> Document {
    window().document().expect("a window has a document")
}

fn element(id: &str) -> Element {
    let found = document().get_element_by_id(id);
    found.expect("index.html has every element that is named here")
}

/// Shows `text` in the element `id`.
pub(crate) fn set_text(id: &str, text: &str) {
    element(id).set_text_content(Some(text));
}

/// Shows `items` as the items of the list `id`.
pub(crate) fn set_items<T: AsRef<str>>(id: &str, items: impl IntoIterator<Item = T>) {
    set_text(id, "");
    for item in items {
        add_item(id, item.as_ref());
    }
}

/// Adds an item to the list `id`.
pub(crate) fn add_item(id: &str, text: &str) {
    let item = document().create_element("li").expect("it is a name");
    item.set_text_content(Some(text));
    element(id).append_child(&item).expect("a list takes items");
}

/// What stands in the input `id`.
pub(crate) fn value(id: &str) -> String {
    element(id).unchecked_into::<HtmlInputElement>().value()
}

/// Whether the box `id` is checked.
pub(crate) fn is_checked(id: &str) -> bool {
    element(id).unchecked_into::<HtmlInputElement>().checked()
}

/// A parameter of the page's address.
pub(crate) fn parameter(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()?.get(name)
}

/// Calls `listener` at every `event` of the element `id`, for as long as the page lives.
pub(crate) fn on(id: &str, event: &str, listener: impl FnMut() + 'static) {
    let listener = Closure::<dyn FnMut()>::new(listener).into_js_value();
    element(id)
        .add_event_listener_with_callback(event, listener.unchecked_ref())
        .expect("an element takes listeners");
}
