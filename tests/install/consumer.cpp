/* tests/install/consumer.cpp: what consumer.c does, as a C++ programmer would write it. */
#include <iostream>
#include <memory>
#include <string>
#include <weft/weft.h>

int main()
{
    weft_context *made = nullptr;
    if (weft_context_create(nullptr, &made) != WEFT_OK) {
        std::cerr << "no context\n";
        return 1;
    }
    std::unique_ptr<weft_context, decltype(&weft_context_destroy)> context(made,
                                                                           weft_context_destroy);
    const std::string text = "?"; // no text of this kind is a program
    weft_program *program = nullptr;
    weft_error error{};
    const weft_status status =
        weft_assemble(context.get(), text.data(), text.size(), &program, &error);
    weft_program_release(program);
    if (status == WEFT_OK || error.status != status || weft_dtype_size(WEFT_F64) != 8) {
        std::cerr << "wrong answers: " << weft_status_text(status) << ", " << error.message << '\n';
        return 1;
    }
    std::cout << weft_version() << '\n';
    return 0;
}
