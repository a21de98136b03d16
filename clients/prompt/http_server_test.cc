#include "clients/prompt/http_server.h"

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asio.hpp"
#include "common/async.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using asio::ip::tcp;

// What the handler saw, as text.
Task<HttpResponse> Echo(HttpRequest request) {
  HttpResponse response;
  response.headers = {{"Content-Type", "text/plain"}};
  for (const HttpValues* values : {&request.cookies, &request.query, &request.form}) {
    for (const auto& [name, value] : *values) absl::StrAppend(&response.body, name, "=", value, "\n");
  }
  absl::StrAppend(&response.body, request.method, " ", request.path, " ", request.peer, "\n");
  co_return response;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() : guard_(asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {
    auto server = StartHttpServer("127.0.0.1:0", context_.get_executor(), &Echo);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~HttpServerTest() override {
    EXPECT_TRUE(server_->Drain(absl::Seconds(5)));
    server_.reset();
    guard_.reset();
    thread_.join();
  }

  // Sends the text, and returns what comes until the connection ends or an answer is complete.
  std::string Exchange(const std::string& text) {
    asio::io_context context;
    tcp::socket socket(context);
    const std::string port = server_->address().substr(server_->address().find(':') + 1);
    socket.connect(
        tcp::endpoint(asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(std::stoi(port))));
    asio::error_code error;
    asio::write(socket, asio::buffer(text), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }

  std::string Post(const std::string& body, const std::string& type = "application/x-www-form-urlencoded") {
    return Exchange(absl::StrCat("POST /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ", type,
                                 "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  }

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  std::thread thread_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, HandsOverWhatTheBrowserSends) {
  const std::string got =
      Exchange("GET /p/%41?b=c%20d HTTP/1.1\r\nHost: a\r\nCookie: k=v; l=w\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(absl::EndsWith(got, "k=v\nl=w\nb=c d\nGET /p/A 127.0.0.1\n")) << got;
  const std::string posted = Post("code=12%2034&name=%C3%A4+b&empty=");
  EXPECT_TRUE(absl::EndsWith(posted, "code=12 34\nempty=\nname=\xC3\xA4 b\nPOST /p 127.0.0.1\n")) << posted;
}

TEST_F(HttpServerTest, BoundsWhatABrowserMaySend) {
  EXPECT_TRUE(absl::StartsWith(Post(std::string(70000, 'a')), "HTTP/1.1 413"))
      << "a length that is too large";
  const std::string chunk = absl::StrCat("8000\r\n", std::string(0x8000, 'a'), "\r\n");
  EXPECT_EQ(
      Exchange(absl::StrCat("POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: "
                            "application/x-www-form-urlencoded\r\n\r\n2\r\na=\r\n",
                            chunk, chunk, chunk)),
      "")
      << "a body without an end";
  const std::string long_header = absl::StrCat("GET / HTTP/1.1\r\nHost: a\r\nX: ", std::string(60000, 'a'));
  EXPECT_FALSE(absl::StartsWith(Exchange(long_header + "\r\n\r\n"), "HTTP/1.1 200"));
  std::string many = "a=1";
  for (int i = 0; i < 200; ++i) absl::StrAppend(&many, "&f", i, "=1");
  EXPECT_EQ(Post(many), "") << "fields without an end";
  EXPECT_TRUE(absl::StartsWith(Post("{}", "application/json"), "HTTP/1.1 415"));
  EXPECT_TRUE(
      absl::StartsWith(Exchange("PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "HTTP/1.1 405"));
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  const auto second = StartHttpServer(server_->address(), context_.get_executor(), &Echo);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(absl::StrContains(second.status().message(), "Address already in use"));
  EXPECT_FALSE(StartHttpServer("unix:/tmp/x", context_.get_executor(), &Echo).ok());
}

}  // namespace
}  // namespace twofold
