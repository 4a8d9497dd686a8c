// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Configuration;

internal enum TokenKind
{
    EndOfFile,
    Identifier,
    Text,
    Number,
    Assign,
    Add,
    Comma,
    Open,
    Close,
    Semicolon,
    NewLine,
}
