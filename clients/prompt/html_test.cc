#include "clients/prompt/html.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

TEST(HtmlTest, EscapesTextAndValues) {
  const std::string hostile = "<script>alert(\"x\")</script> & 'y'";
  const Html html = Element("p", {{"title", hostile}, {"hidden"}}, hostile);
  EXPECT_EQ(html.markup(),
            "<p title=\"&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;\" hidden>"
            "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;</p>");
}

TEST(HtmlTest, KeepsTheMarkupOfElements) {
  const Html row = Element("li", {}, "a<b");
  EXPECT_EQ(Element("ul", {}, row + row).markup(), "<ul><li>a&lt;b</li><li>a&lt;b</li></ul>");
  EXPECT_EQ(VoidElement("input", {{"value", "1"}}).markup(), "<input value=\"1\">");
}

}  // namespace
}  // namespace twofold
