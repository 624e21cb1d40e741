namespace Cairn.Engine;
