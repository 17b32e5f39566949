from replayer.htmltext import Found, found_in


def test_a_link_is_known_by_its_text_unless_that_is_a_url_which_is_another_next_time() -> None:
    page = '<a href="/orders/7">Your order</a> <a href="http://a:1/?n=7">http://a:1/?n=7</a>'
    assert found_in(page) == [Found("a", "Your order", "/orders/7")]
