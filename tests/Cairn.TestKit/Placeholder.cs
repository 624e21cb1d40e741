namespace Cairn.TestKit;
