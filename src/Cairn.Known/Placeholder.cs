namespace Cairn.Known;
